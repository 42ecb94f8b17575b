// Express 5 with express.json(): a wrong method falls through to the 404 page. Option `cors`: those of cors().
import {appendFileSync} from "node:fs";
import cors from "cors";
import express from "express";

const settings = JSON.parse(process.env.TEST_SERVER);
const note = (entry) => appendFileSync(settings.journal, JSON.stringify(entry) + "\n");
const ORDER = "00000000-0000-0000-0000-000000000001";

const books = new Map([
  [1, {id: 1, title: "The Dispossessed", price: 12.5}],
  [2, {id: 2, title: "The Lathe of Heaven", price: 9}],
]);
const authors = new Map([["ursula-le-guin", {slug: "ursula-le-guin", bio: "wrote of other worlds"}]]);
const orders = new Map([[ORDER, {id: ORDER, bookId: 1, quantity: 1}]]);

const enter = (what, handler) => (request, response) => {
  note({entered: what});
  return handler(request, response);
};
const found = (store, key, response, use) => {
  const item = store.get(key);
  return item ? use(item) : response.status(404).json({error: `no ${key}`});
};
const complete = (request, names, response, use) =>
  names.every((name) => request.body?.[name] !== undefined)
    ? use(request.body)
    : response.status(422).json({error: `required: ${names.join(", ")}`});
const change = (store, key, what, request, response) =>
  found(store, key, response, (item) => {
    Object.assign(item, request.body);
    note({write: `${what} changed`});
    response.json(item);
  });
const remove = (store, key, what, response) =>
  found(store, key, response, () => {
    store.delete(key);
    note({write: `${what} deleted`});
    response.status(204).end();
  });

const router = express.Router({strict: true});
router.get("/health", (request, response) => response.json({status: "up"}));
router.get("/books", (request, response) => response.json([...books.values()]));
router.post("/books", enter("POST /books", (request, response) =>
  complete(request, ["title", "price"], response, (body) => {
    const book = {id: Math.max(0, ...books.keys()) + 1, title: body.title, price: body.price};
    books.set(book.id, book);
    note({write: `book ${book.id} created`});
    response.status(201).json(book);
  })));
router.get("/books/:bookId", (request, response) =>
  found(books, Number(request.params.bookId), response, (book) => response.json(book)));
router.patch("/books/:bookId", enter("PATCH /books/{bookId}", (request, response) =>
  change(books, Number(request.params.bookId), "book", request, response)));
router.delete("/books/:bookId", enter("DELETE /books/{bookId}", (request, response) =>
  remove(books, Number(request.params.bookId), "book", response)));
router.get("/authors/:slug", (request, response) =>
  found(authors, request.params.slug, response, (author) => response.json(author)));
router.patch("/authors/:slug", enter("PATCH /authors/{slug}", (request, response) =>
  change(authors, request.params.slug, "author", request, response)));
router.delete("/authors/:slug", enter("DELETE /authors/{slug}", (request, response) =>
  remove(authors, request.params.slug, "author", response)));
router.post("/orders/", enter("POST /orders/", (request, response) =>
  complete(request, ["bookId", "quantity"], response, (body) => {
    const order = {id: ORDER.slice(0, -1) + (orders.size + 1), bookId: body.bookId, quantity: body.quantity};
    orders.set(order.id, order);
    note({write: `order ${order.id} created`});
    response.status(201).json(order);
  })));
router.all("/orders", (request, response) => response.redirect(301, "/v1/orders/"));
router.get("/orders/:orderId", (request, response) =>
  found(orders, request.params.orderId, response, (order) => response.json(order)));
router.get("/search", (request, response) =>
  response.json([...books.values()].filter((book) => book.title.toLowerCase().includes(String(request.query.q ?? "").toLowerCase()))));
router.delete("/cache", enter("DELETE /cache", (request, response) => {
  note({write: "cache flushed"});
  response.status(204).end();
}));

const app = express();
app.use((request, response, next) => {
  note({request: [request.method, request.originalUrl]});
  next();
});
if (settings.options.cors) app.use(cors(settings.options.cors));
app.use(express.json());
app.use("/v1", router);
app.use((error, request, response, next) => response.status(error.status ?? 500).json({error: error.message}));

// The truth is the router's own table; a route for all methods is the redirect.
const documented = ["/health", "/books", "/books/{bookId}", "/books/{bookId}/reviews", "/authors/{slug}", "/orders", "/orders/{orderId}", "/search", "/cache"];
const truth = Object.fromEntries(documented.map((path) => [path, []]));
for (const {route} of router.stack) {
  const path = route.path.replace(/:(\w+)/g, "{$1}").replace(/\/$/, "");
  truth[path].push(...Object.keys(route.methods).filter((method) => method !== "_all").map((method) => method.toUpperCase()));
}

process.stdin.on("end", () => process.exit(0)).resume();
const server = app.listen(settings.port, "127.0.0.1", () => {
  note({truth});
  note({ready: server.address().port});
});
