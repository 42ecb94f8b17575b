// Fastify, drifted: see tests/fix/drifts.py.
import Fastify from "fastify";

const options = { exposeHeadRoutes: false };
const fastify = Fastify(options);

const list = async () => [{ id: 1 }];
const handler = async (request, reply) =>
  request.params.id === "1" ? { id: 1 } : reply.code(404).send({ error: "no order" });

const answered = (request, reply) => reply.code(204).send();

fastify.route({ method: ["GET", "POST"], url: "/orders", handler: list });
fastify.route({ method: ["GET"], url: "/orders/:id", handler });
fastify.get("/returns/", list);
fastify.get("/returns", (request, reply) => reply.redirect("/returns/", 301));
fastify.register(async (plugin) => plugin.get("/reports", list), { prefix: "/v0" });

await fastify.listen({ port: Number(process.argv[2]), host: "127.0.0.1" });
