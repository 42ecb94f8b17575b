// fetch() of Node (undici): fetch.mjs URL ASKED "METHOD STATUS"...; ASKED 0: as it comes.
const [url, , ...pairs] = process.argv.slice(2);
for (const pair of pairs) {
  const [method, status] = pair.split(" ");
  const body = ["POST", "PUT", "PATCH", "QUERY"].includes(method) ? "x=1" : undefined;
  try {
    const answer = await fetch(`${url}/from/${status}/${method}`, { method, body });
    await answer.arrayBuffer();
  } catch { /* what did not arrive is what is measured */ }
}
