function hog() {
  const kept = [];
  while (true) kept.push(new Array(1024).fill(kept.length));
}

function handle(r) {
  const parts = r.uri.split("/");
  if (parts[1] === "hog") hog();
  r.headersOut["content-type"] = "text/plain";
  r.return(200, `hello ${parts[2] || "you"}\n`);
}

export default { handle };
