// Fastify, either API: content is parsed and held against its schema before the handler; a wrong method is a 404.
import fastify from "fastify";
import {enter, form, handlers, note, options, perform, port, ready, stream, truth} from "./api.mjs";

const app = fastify({routerOptions: {ignoreTrailingSlash: true}});
const table = [];
app.addHook("onRoute", ({url, method}) => table.push([url.replace(/\(.*?\)\)?/g, ""), [method].flat()]));
app.addHook("onRequest", async (request) => note({request: [request.method, request.raw.url]}));
app.addContentTypeParser(["application/octet-stream", "multipart/form-data"], (request, payload, done) => done(null, payload));

for (const handler of handlers) {
  const url = options.base + handler.template.replace(/\{(\w+)\}/g, (_, name) => `:${name}${options.numbers.includes(name) ? "(^\\d+$)" : ""}`);
  const schema = handler.takes === "json" ? {body: {type: "object", required: handler.required}} : {};
  app.route({
    url,
    schema,
    method: handler.method === "*" ? options.methods : handler.method,
    handler: (request, reply) => {
      enter(handler, request.method);
      const answer = (data) => {
        const [status, body] = perform(handler, request.method, request.params, data);
        reply.code(status).send(body);
      };
      if (handler.takes === "stream") stream(request.raw, request.params, () => answer());
      else if (handler.takes === "form") form(request.raw, answer);
      else answer(request.body);
      return reply;
    },
  });
}

await app.listen({port, host: "127.0.0.1"});
truth(table);
ready(app.server);
