// What the library exports is a part of this program's component.
use cloudflare_zero_trust as _;

fn main() {}
