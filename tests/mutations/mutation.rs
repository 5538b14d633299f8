//! A mutation: how the proxy changes a message. It follows from a seed alone.

use std::time::Duration;

/// How the proxy changes a request or its response.
#[derive(Debug, Clone)]
pub struct Mutation {
    seed: u64,
    pub changes_request: bool,
    /// The number of the request, counted from 0.
    exchange: u64,
    /// Whether all later messages are changed, too, including those of retries.
    is_persistent: bool,
    is_in_body: bool,
    kind: Kind,
    /// Whether the `Content-Length` header is the length of the changed body.
    corrects_length: bool,
    ending: Ending,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The message ends early.
    Truncate,
    /// A part is sent twice.
    Duplicate,
    /// A part is missing.
    Drop,
    /// One to three bits have the other value.
    Flip,
    /// `Content-Length` has another value, or is there twice.
    Length,
    /// A pause in the message.
    Delay,
    /// The message arrives in small parts.
    Split,
}

/// The state of the connection after a changed message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// It serves the next request.
    Continue,
    Close,
    Reset,
    /// It stays open, but nothing is sent any more.
    Stall,
}

/// Random numbers that are the same for the same seed (SplitMix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    fn one_in(&mut self, number: usize) -> bool {
        self.below(number) == 0
    }

    fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())]
    }
}

impl Mutation {
    /// The mutation of this seed, for a command that sends this number of requests.
    pub fn of(seed: u64, changes_request: bool, exchanges: usize) -> Self {
        use Kind::{Delay, Drop, Duplicate, Flip, Length, Split, Truncate};
        let mut random = Random(seed);
        let kind = random.pick(&[Truncate, Duplicate, Drop, Flip, Flip, Length, Delay, Split]);
        let is_in_body = random.one_in(2);
        let corrects_length = is_in_body && matches!(kind, Truncate | Duplicate | Drop) && random.one_in(2);
        // A stalled connection costs the whole time limit, so it is rare.
        let ending = match random.below(32) {
            _ if corrects_length || matches!(kind, Delay | Split) => Ending::Continue,
            0 => Ending::Stall,
            1..8 => Ending::Reset,
            _ => Ending::Close,
        };
        let (exchange, is_persistent) = (random.below(exchanges) as u64, random.one_in(2));
        Self { seed, changes_request, exchange, is_persistent, is_in_body, kind, corrects_length, ending }
    }

    pub fn applies_to(&self, exchange: usize) -> bool {
        let exchange = exchange as u64;
        exchange == self.exchange || self.is_persistent && exchange > self.exchange
    }

    /// Whether the message stays the same, and only the time of its parts changes.
    pub fn keeps_content(&self) -> bool {
        matches!(self.kind, Kind::Delay | Kind::Split)
    }

    pub fn ending(&self) -> Ending {
        self.ending
    }

    /// The parts of the changed message, each with the pause before it.
    pub fn parts(&self, message: &[u8]) -> Vec<(Duration, Vec<u8>)> {
        let mut random = Random(!self.seed);
        let body = head_length(message);
        let range = if self.is_in_body && body < message.len() { body..message.len() } else { 0..body };
        let (mut begin, mut end) = (range.start, range.end);
        if !random.one_in(4) {
            begin += random.below(range.len());
            end = begin + 1 + random.below((range.end - begin).min(200));
        }
        let whole = |bytes: Vec<u8>| vec![(Duration::ZERO, bytes)];
        match self.kind {
            Kind::Truncate => whole(self.with_length(message[..begin].to_vec())),
            Kind::Duplicate => whole(self.with_length([&message[..end], &message[begin..]].concat())),
            Kind::Drop => whole(self.with_length([&message[..begin], &message[end..]].concat())),
            Kind::Flip => {
                let mut flipped = message.to_vec();
                for _ in 0..=random.below(3) {
                    flipped[range.start + random.below(range.len())] ^= 1 << random.below(8);
                }
                whole(flipped)
            }
            Kind::Length => whole(wrong_length(message, &mut random)),
            Kind::Delay => {
                // A pause longer than the time limit of the tests is rare.
                let pause = if random.one_in(50) { 1500 } else { random.below(20) as u64 };
                vec![
                    (Duration::ZERO, message[..begin].to_vec()),
                    (Duration::from_millis(pause), message[begin..].to_vec()),
                ]
            }
            Kind::Split => {
                let mut cuts: Vec<usize> = (0..=random.below(6)).map(|_| random.below(message.len())).collect();
                cuts.extend([0, begin, message.len()]);
                cuts.sort_unstable();
                cuts.windows(2).map(|cut| (Duration::from_millis(1), message[cut[0]..cut[1]].to_vec())).collect()
            }
        }
    }

    fn with_length(&self, message: Vec<u8>) -> Vec<u8> {
        let length = message.len() - head_length(&message);
        if self.corrects_length { replace_length(&message, &length.to_string()) } else { message }
    }
}

fn wrong_length(message: &[u8], random: &mut Random) -> Vec<u8> {
    let length = message.len() - head_length(message);
    let lengths = [
        "0".to_owned(),
        length.saturating_sub(1).to_string(),
        random.below(length).to_string(),
        (length + 1).to_string(),
        (length * 2).to_string(),
        "99999999999".to_owned(),
        "99999999999999999999999".to_owned(),
        "-1".to_owned(),
        format!("+{length}"),
        format!("{length}, {length}"),
        format!("{length}x"),
        format!("{length}\r\ncontent-length: {}", length + 1),
        format!("{length}\r\ntransfer-encoding: chunked"),
        String::new(),
    ];
    replace_length(message, &lengths[random.below(lengths.len())])
}

/// The message with this value of `Content-Length`. Unchanged if it has no such header.
fn replace_length(message: &[u8], value: &str) -> Vec<u8> {
    let head = &message[..head_length(message)];
    let Some(begin) = length_value(head) else { return message.to_vec() };
    let end = begin + head[begin..].iter().position(|byte| *byte == b'\r').unwrap_or(0);
    [&message[..begin], value.as_bytes(), &message[end..]].concat()
}

/// The position of the value of `Content-Length`.
fn length_value(head: &[u8]) -> Option<usize> {
    const NAME: &[u8] = b"content-length: ";
    head.windows(NAME.len()).position(|name| name.eq_ignore_ascii_case(NAME)).map(|begin| begin + NAME.len())
}

/// The length of a message's head, with the empty line after it. The whole length if there is no such line.
pub fn head_length(message: &[u8]) -> usize {
    message.windows(4).position(|end| end == b"\r\n\r\n").map_or(message.len(), |end| end + 4)
}

/// The value of `Content-Length`, if the message has a valid one.
pub fn content_length(message: &[u8]) -> Option<usize> {
    let head = &message[..head_length(message)];
    let digits = &head[length_value(head)?..];
    let digits = &digits[..digits.iter().position(|byte| *byte == b'\r')?];
    std::str::from_utf8(digits).ok()?.parse().ok()
}
