function handle(r) {
  const name = r.uri.split("/")[2] || "you";
  r.headersOut["content-type"] = "text/plain";
  r.return(200, `hello ${name}\n`);
}

export default { handle };
