use cloudflare_zero_trust as _;

fn main() {}
