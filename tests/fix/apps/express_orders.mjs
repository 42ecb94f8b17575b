// Express, drifted: see tests/fix/drifts.py.
import express from "express";

const app = express();
const reports = express.Router();

const list = (req, res) => res.json([{ id: 1 }]);
const create = (req, res) => res.status(201).json({ id: 2 });
const show = (req, res) => (req.params.id === "1" ? res.json({ id: 1 }) : res.status(404).json({ error: "no order" }));
const remove = (req, res) => res.sendStatus(req.params.id === "1" ? 204 : 404);

app.route("/orders").get(list).post(create);
app.route("/orders/:id").delete(remove);
reports.get("/reports", list);

app.listen(Number(process.argv[2]), "127.0.0.1");
