// The Date field's value (RFC 9110 section 5.6.7), made once a second.

let second = 0;
let text = "";

export function httpDate(): string {
  const nowMs = Date.now();
  if (nowMs >= second + 1000 || nowMs < second) {
    second = nowMs - (nowMs % 1000);
    text = new Date(second).toUTCString();
  }
  return text;
}
