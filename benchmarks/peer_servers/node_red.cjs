// Node-RED: an HTTP node, a function that does the whole job, and a response.
const { mkdtempSync, writeFileSync } = require("node:fs");
const { createServer } = require("node:http");
const { tmpdir } = require("node:os");
const { join } = require("node:path");
const express = require("express");
const RED = require("node-red");

const func = `
const inbox = global.get("inbox");
if (!inbox.isSigned(msg.req.originalUrl, msg.payload, msg.req.headers["x-twilio-signature"])) {
  msg.statusCode = 403; msg.payload = ""; return msg;
}
inbox.keep(msg.req.originalUrl, msg.payload);
msg.headers = { "content-type": "text/xml" };
msg.payload = inbox.answer(msg.req.originalUrl);
return msg;`;
const flow = [
  { id: "tab", type: "tab", label: "webhooks" },
  { id: "in", type: "http in", z: "tab", url: "/webhooks/*", method: "post", wires: [["job"]] },
  { id: "job", type: "function", z: "tab", func, outputs: 1, wires: [["out"]] },
  { id: "out", type: "http response", z: "tab", wires: [] },
];
const folder = mkdtempSync(join(tmpdir(), "node-red-"));
writeFileSync(join(folder, "flows.json"), JSON.stringify(flow));
const app = express();
const server = createServer(app);
RED.init(server, {
  userDir: folder,
  flowFile: "flows.json",
  httpAdminRoot: false,
  httpNodeRoot: "/",
  logging: { console: { level: "fatal" } },
  functionGlobalContext: { inbox: require("./inbox.cjs") },
});
app.use("/", RED.httpNode);
RED.events.once("flows:started", () => server.listen(Number(process.env.PORT), "127.0.0.1"));
RED.start();
