// A report's own page: the phone remembers its address, which is the only way to it.
import { keep, recall } from "./memory.js";

const { report: id, kind, name } = document.getElementById("content").dataset;
const mine = recall("reports", []);
if (!mine.some((one) => one.id === id)) keep("reports", [{ id, kind, name, at: Date.now() }, ...mine].slice(0, 50));
