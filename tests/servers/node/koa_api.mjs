// Koa with @koa/router and its allowedMethods(), either API: 405 with Allow, 501 for methods that it does not know.
import Router from "@koa/router";
import Koa from "koa";
import {enter, form, handlers, note, options, perform, port, ready, stream, truth} from "./api.mjs";

const router = new Router({prefix: options.base});
const text = async (request) => {
  const parts = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts).toString();
};
const parsed = async (request) => {
  try {
    return JSON.parse(await text(request));
  } catch {
    return null;
  }
};

for (const handler of handlers) {
  const path = handler.template.replace(/\{(\w+)\}/g, ":$1");
  const twins = path.endsWith("/") ? [path, path.slice(0, -1)] : [path];
  const run = async (context) => {
    enter(handler, context.method);
    let data;
    if (handler.takes === "json") data = await parsed(context.req);
    if (handler.takes === "form") data = await new Promise((done) => form(context.req, done));
    if (handler.takes === "stream") await new Promise((done) => stream(context.req, context.params, done));
    const [status, body] = perform(handler, context.method, context.params, data);
    context.status = status;
    if (body !== undefined) context.body = body;
  };
  if (handler.method === "*") router.all(twins, run);
  else router[handler.method.toLowerCase()](twins, run);
}

const app = new Koa();
app.silent = true;
app.use(async (context, next) => {
  note({request: [context.method, context.req.url]});
  await next();
});
app.use(router.routes());
app.use(router.allowedMethods());
const server = app.listen(port, "127.0.0.1", () => {
  truth(router.stack.map((layer) => [layer.path, layer.methods]));
  ready(server);
});
