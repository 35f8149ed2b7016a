function handle(r) {
  const count = Number(r.uri.split("/")[2]);
  const slots = new Array(count * 1024).fill(0xaa);
  r.headersOut["content-type"] = "text/plain";
  r.return(200, `${slots.length}\n`);
}

export default { handle };
