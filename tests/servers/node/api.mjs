// Either API for the Node stacks, from the table that TEST_SERVER hands over: see tests/servers/catalogue.py.
import {appendFileSync} from "node:fs";

const settings = JSON.parse(process.env.TEST_SERVER);
export const {port, options} = settings;
export const note = (entry) => appendFileSync(settings.journal, JSON.stringify(entry) + "\n");
const known = Object.fromEntries(Object.entries(options.known).map(([name, values]) => [name, new Set(values)]));
const names = (template) => [...template.matchAll(/\{(\w+)\}/g)].map((found) => found[1]);

// One entry per route: {method, template, takes, required}; method "*" is any.
export const handlers = options.handlers;

export const enter = (handler, method) => {
  if (handler.method === "*" || method !== "GET" && method !== "HEAD") note({entered: `${method} ${handler.template}`});
};

const wrote = (status, what) => {
  note({write: what});
  return [status, status === 204 ? undefined : {done: true}];
};

// Status and content. `data`: the parsed content, or whether a form had its file.
export const perform = (handler, method, values, data) => {
  const {template} = handler;
  if (handler.method === "*") return wrote(202, `hook called by ${method}`);
  if (handler.takes === "json" && (data === null || typeof data !== "object" || Array.isArray(data))) return [422, {error: "a JSON object is required"}];
  for (const name of handler.required) if (!(name in data)) return [422, {error: `${name} is required`}];
  if (handler.takes === "form" && !data) return [422, {error: "file is required"}];
  const parameters = names(template);
  const last = template.endsWith("}") ? parameters.at(-1) : undefined;
  const creates = method === "PUT" && last;
  for (const name of parameters) {
    if (!(name === last && creates) && !known[name].has(values[name])) return [404, {error: `no ${values[name]}`}];
  }
  if (method === "GET" || method === "HEAD") return [200, {path: template, ...values}];
  if (method === "DELETE") {
    if (last) known[last].delete(values[last]);
    return wrote(204, `${template} deleted`);
  }
  if (handler.takes === "stream") return [204];
  if (creates) known[last].add(values[last]);
  if (template.endsWith("/close")) return wrote(204, "task closed");
  return wrote(method === "POST" ? (handler.takes === "json" ? 201 : 202) : 200, `${method} ${template}`);
};

// Reads the content of PUT /files/{name} as it comes.
export const stream = (request, values, done) => {
  let first = true;
  const create = () => {
    if (first) note({write: `file ${values.name} created`});
    first = false;
    known.name.add(values.name);
  };
  request.on("data", create);
  request.on("end", () => {
    create();
    done();
  });
};

// Does a form have a part `file`? Calls back once the content is whole.
export const form = (request, done) => {
  const parts = [];
  request.on("data", (part) => parts.push(part));
  request.on("end", () => done(/name="?file"?[;\r]/.test(Buffer.concat(parts).toString("latin1"))));
};

// `:name` and {name} are the same path; a trailing slash is none.
const shape = (path) => path.replace(/:\w+(\([^)]*\))?|\{\w+\}/g, "{}").replace(/\/$/, "");

// The truth, from a framework's own table: pairs of path and methods.
export const truth = (routes) => {
  const documented = Object.fromEntries(options.documented.map((path) => [path, []]));
  const byShape = Object.fromEntries(options.documented.map((path) => [shape(path), path]));
  for (const [path, methods] of routes) {
    const at = byShape[shape(path.startsWith(options.base) ? path.slice(options.base.length) : path)];
    if (at) documented[at].push(...methods.filter((method) => options.methods.includes(method)));
  }
  note({truth: documented});
};

export const ready = (server) => note({ready: server.address().port});
process.stdin.on("end", () => process.exit(0)).resume();
