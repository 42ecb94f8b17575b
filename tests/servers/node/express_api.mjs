// Express 4 or 5 with express.json(), either API: a wrong method falls through to the 404 page, OPTIONS names the routes.
import {enter, form, handlers, note, options, perform, port, ready, stream, truth} from "./api.mjs";

const {default: express} = await import(options.version === 4 ? "express4" : "express");
const json = express.json();
const router = express.Router({strict: true});

for (const handler of handlers) {
  // Express 5 has no patterns in paths: there the template takes the literal path's other methods.
  const path = handler.template.replace(/\{(\w+)\}/g, (_, name) => `:${name}${options.version === 4 && options.numbers.includes(name) ? "(\\d+)" : ""}`);
  const run = (request, response) => {
    enter(handler, request.method);
    const answer = (data) => {
      const [status, body] = perform(handler, request.method, request.params, data);
      return body === undefined ? response.status(status).end() : response.status(status).json(body);
    };
    if (handler.takes === "stream") return stream(request, request.params, () => answer());
    if (handler.takes === "form") return form(request, answer);
    return answer(request.body);
  };
  const verb = handler.method === "*" ? "all" : handler.method.toLowerCase();
  router[verb](path, run);
}
if (options.redirect) router.all(options.redirect.slice(0, -1), (request, response) => response.redirect(301, options.base + options.redirect));

const app = express();
app.use((request, response, next) => {
  note({request: [request.method, request.originalUrl]});
  next();
});
app.use(json);
app.use(options.base, router);
app.use((error, request, response, next) => response.status(error.status ?? 500).json({error: error.message}));

const server = app.listen(port, "127.0.0.1", () => {
  const routes = router.stack.filter(({route}) => route.path !== options.redirect?.slice(0, -1));
  truth(routes.map(({route}) => [route.path, route.methods._all ? options.methods : Object.keys(route.methods).map((m) => m.toUpperCase())]));
  ready(server);
});
