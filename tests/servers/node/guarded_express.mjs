// Express 5: a guard as middleware, in front of the routes that it is named for. The paths are those of
// tests/surveys/apps/guarded.py.
import {appendFileSync} from "node:fs";
import express from "express";

const settings = JSON.parse(process.env.TEST_SERVER);
const note = (entry) => appendFileSync(settings.journal, JSON.stringify(entry) + "\n");
const {orders, invoices, page, life, roles} = settings.options;

const role = (request) => roles[request.headers.authorization];
const guard = (request, response, next) =>
  role(request) ? next() : response.status(401).set("WWW-Authenticate", "Bearer").json({error: "no credentials"});
const administrator = (request, response, next) =>
  role(request) === "admin" ? next() : response.status(403).json({error: "not for this role"});
const hidden = (request, response, next) => (role(request) === "admin" ? next() : next("router"));

const router = express.Router({strict: true});
router.get("/status", (request, response) => response.json({up: true, since: "spring"}));
router.get("/metrics", guard, (request, response) => response.json({orders: 2, invoices: 1, errors: 0}));
router.get("/orders", guard, (request, response) => response.json(orders));
router.get("/invoices", (request, response) => response.json(invoices));
router.get("/docs", (request, response) => response.type("html").send(page));
router.get("/session", (request, response) => response.json(
  role(request) ? {code: 0, message: `logged in as ${role(request)}`} : {code: 401, message: "log in first"}));
router.get("/admin", guard, administrator, (request, response) => response.json({users: 2, roles: ["viewer"], locked: false}));
router.use("/vault", guard, hidden);
router.get("/vault", (request, response) => response.json({keys: 7, sealed: true, owner: "ops"}));
router.get("/legacy", guard, (request, response) => response.set(life).json(orders));

const app = express();
app.use((request, response, next) => {
  const given = "authorization" in request.headers ? {credentials: true} : {};
  note({request: [request.method, request.originalUrl], ...given});
  next();
});
app.use(router);
process.stdin.on("end", () => process.exit()).resume();
const server = app.listen(settings.port, "127.0.0.1", () => {
  note({truth: {}});
  note({ready: server.address().port});
});
