// The frame of an application that does not exist: it only tells the element so. It holds no data, so any page may ask.

import { ID } from "./constants.js";
import { Port } from "./port.js";

const error = JSON.parse(document.getElementById(ID.data).textContent);
const port = new Port(() => true);

port.addEventListener("message", ({ detail: { id } }) => port.failure(id, error));
