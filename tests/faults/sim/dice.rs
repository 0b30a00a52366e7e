//! Numbers that follow from a seed and a step alone.

/// SplitMix64 (Steele, Lea and Flood, 2014).
pub struct Dice(u64);

impl Dice {
    pub const fn new(seed: u64, step: u64) -> Dice {
        Dice(seed.wrapping_mul(0xD134_2543_DE82_EF95) ^ step.wrapping_mul(0x9E37_79B9_7F4A_7C15))
    }

    const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `n`; that small ones are a little likelier does not matter here.
    pub const fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }
}
