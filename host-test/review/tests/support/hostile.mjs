// Texts that would run something, or change how a page reads, if anything took them for more than texts.
export const ATTACKS = [
  "<img src=x onerror=window.canary=1>",
  "<script>window.canary=2</script>",
  "</script><script>window.canary=3</script>",
  '"><svg onload=window.canary=4>',
  "' onmouseover='window.canary=5",
  "javascript:window.canary=6",
  "{{constructor.constructor('window.canary=7')()}}",
  "</title></style><iframe src=javascript:parent.canary=8>",
  "<a href=https://canary.example/>click</a><link rel=stylesheet href=https://canary.example/x.css>",
  "\u202eevil\u202c \u2066x \u0000\u0007",
  "=cmd|' /C calc'!A0",
  "__proto__",
  "&lt;b&gt;&#x3c;img src=x onerror=window.canary=9&#x3e;",
];

/** Returns a function that puts one attack after the other in front of texts. */
export function hostile() {
  let next = 0;
  return (text) => `${ATTACKS[next++ % ATTACKS.length]} ${text}`;
}
