// What the server tells the page; read once.
export const config = JSON.parse(document.getElementById("yizhan-config").textContent);
