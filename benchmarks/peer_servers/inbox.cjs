// What both servers of node do with a webhook: check Twilio's signature, keep it durably in SQLite, answer TwiML.
const { createHmac, randomUUID, timingSafeEqual } = require("node:crypto");
const Database = require("better-sqlite3");

const DIAL =
  '<?xml version="1.0" encoding="UTF-8"?><Response><Say>Thank you for calling. This call is recorded.</Say>' +
  '<Dial record="record-from-answer-dual">+13125550190</Dial></Response>';
const EMPTY = '<?xml version="1.0" encoding="UTF-8"?><Response />';

const database = new Database(process.env.DATABASE);
database.pragma("journal_mode = WAL");
database.pragma("synchronous = FULL");
database.exec("CREATE TABLE inbox (id TEXT PRIMARY KEY, path TEXT, body TEXT)");
const insert = database.prepare("INSERT INTO inbox VALUES (?, ?, ?)");

exports.isSigned = (path, form, signature) => {
  const written = Object.keys(form).sort().map((key) => key + form[key]).join("");
  const url = `http://127.0.0.1:${process.env.PORT}${path}`;
  const right = createHmac("sha1", process.env.TWILIO_AUTH_TOKEN).update(url + written).digest();
  const sent = Buffer.from(signature || "", "base64");
  return sent.length === right.length && timingSafeEqual(sent, right);
};
exports.keep = (path, form) => insert.run(randomUUID(), path, JSON.stringify(form));
exports.keepAll = database.transaction((rows) => rows.forEach(([path, form]) => exports.keep(path, form)));
exports.answer = (path) => (path.includes("/voice") ? DIAL : EMPTY);
