const TEXT = "Never allocate. ".repeat(64);

function handle(r) {
  r.headersOut["content-type"] = "text/plain";
  r.return(200, TEXT);
}

export default { handle };
