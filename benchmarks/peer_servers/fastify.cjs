// fastify and better-sqlite3; all webhooks that wait are one commit.
const { parse } = require("node:querystring");
const inbox = require("./inbox.cjs");
const app = require("fastify")();

let waiting = [];
const commit = () => {
  const group = waiting;
  waiting = [];
  inbox.keepAll(group.map(([path, form]) => [path, form]));
  for (const [, , done] of group) done();
};
const durable = (path, form) =>
  new Promise((done) => {
    if (waiting.push([path, form, done]) === 1) setImmediate(commit);
  });

app.addContentTypeParser("application/x-www-form-urlencoded", { parseAs: "string" }, (_, body, done) => done(null, parse(body)));
app.post("/webhooks/*", async (request, reply) => {
  if (!inbox.isSigned(request.url, request.body, request.headers["x-twilio-signature"])) return reply.code(403).send();
  await durable(request.url, request.body);
  return reply.type("text/xml").send(inbox.answer(request.url));
});
app.listen({ host: "127.0.0.1", port: Number(process.env.PORT) });
