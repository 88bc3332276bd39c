//! Which passwords are too easy to guess.
//!
//! Lists of leaked passwords come without a licence to ship them, and hardly any entry of the usual ones has twelve characters.
//! So a password is read as a guesser would make it: a common word, the name of the account, a run such as `1234` or `qwer`, a
//! repetition and a date each count as one character, whatever letters stand for others (`p@ssw0rd`). What is left must have
//! enough characters of its own.

use super::password::Password;

/// Shortest and longest password, in characters.
const LENGTH: std::ops::RangeInclusive<usize> = 12..=128;
/// Least number of characters after each guessable part was counted as one.
const OWN: usize = 8;
/// Shortest run and shortest repetition, in characters.
const RUN: usize = 3;
/// Shortest account name that is looked for.
const NAME: usize = 3;

/// Words, and numbers that are read as words, that guessers try first; those of letters folded as [`fold`] does.
#[rustfmt::skip]
const WORDS: &[&str] = &[
    "abcd", "access", "account", "admin", "administrator", "auditor", "baobao", "beijing", "bureau", "caiwu",
    "caizheng", "caizhengju", "changeme", "china", "company", "database", "default", "demo", "dragon", "editor",
    "finance", "football", "gongsi", "guanliyuan", "guest", "hebei", "hello", "huawei", "iloveyou",
    "jixiao", "keji", "letmein", "linux", "login", "love", "manager", "master", "mima", "monkey", "mysql", "nihao",
    "office", "oracle", "passw", "password", "pass", "postgres", "princess", "public", "qwerty", "reader", "root",
    "secret", "secure", "security", "server", "service", "shanghai", "spring", "summer", "sunshine", "super",
    "superman", "system", "temp", "test", "tiankong", "user", "welcome", "windows", "winter", "autumn", "woaini",
    "wodemima", "xitong", "yusuan", "zhongguo", "wangluo", "zaqxsw", "财政局", "财政", "管理员", "绩效", "密码",
    "你好", "我爱你", "系统", "预算", "中国", "1314", "520", "521", "168", "110", "007",
];

/// Keys that lie beside one another.
const ROWS: &[&str] =
    &["1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm", "!@#$%^&*()", "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p"];

/// What is wrong with a password for the account of this name, if anything is.
pub fn objection(password: &Password, name: &str) -> Option<&'static str> {
    let plain: Vec<char> = password.text().to_lowercase().chars().collect();
    if !LENGTH.contains(&password.text().chars().count()) {
        return Some("A password has 12 to 128 characters.");
    }
    let (folded, name): (Vec<char>, Vec<char>) =
        (plain.iter().map(|c| fold(*c)).collect(), name.chars().map(fold).collect());
    if name.len() >= NAME && folded.windows(name.len()).any(|part| part == name) {
        return Some("The password contains the name of the account; choose one that has nothing to do with it.");
    }
    if own_characters(&plain, &folded) < OWN {
        return Some(
            "The password is easy to guess: common words, sequences such as 1234 or qwer, repetitions and dates count as one \
             character. Choose several words that have nothing to do with one another.",
        );
    }
    None
}

/// The letter that a digit or sign often stands for.
fn fold(c: char) -> char {
    match c.to_ascii_lowercase() {
        '0' => 'o',
        '1' | '!' => 'i',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' => 't',
        other => other,
    }
}

/// Characters, each guessable part counted as one.
fn own_characters(plain: &[char], folded: &[char]) -> usize {
    let (mut at, mut count) = (0, 0);
    while at < plain.len() {
        let parts =
            [word(&folded[at..]), word(&plain[at..]), run(&plain[at..]), date(&plain[at..]), repetition(plain, at)];
        at += parts.into_iter().fold(1, usize::max);
        count += 1;
    }
    count
}

/// Length of the longest common word at the beginning.
fn word(text: &[char]) -> usize {
    let begins = |word: &&&str| word.chars().eq(text.iter().copied().take(word.chars().count()));
    WORDS.iter().filter(begins).map(|word| word.chars().count()).fold(0, usize::max)
}

/// Length of the run at the beginning: one character again and again, the next or former one of the alphabet each time, or
/// neighbours on the keyboard.
fn run(text: &[char]) -> usize {
    let steps = |by: i64| {
        let next = |pair: &[char]| i64::from(u32::from(pair[1])) - i64::from(u32::from(pair[0])) == by;
        1 + text.windows(2).take_while(|pair| next(pair)).count()
    };
    let on = |row: &str| {
        let keys: Vec<char> = row.chars().collect();
        let backwards: Vec<char> = keys.iter().rev().copied().collect();
        let along = |keys: &[char]| {
            let from = keys.iter().position(|key| Some(key) == text.first());
            from.map_or(0, |from| keys[from..].iter().zip(text).take_while(|(key, c)| key == c).count())
        };
        along(&keys).max(along(&backwards))
    };
    let longest = ROWS.iter().map(|row| on(row)).chain([-1, 0, 1].map(steps)).fold(0, usize::max);
    if longest >= RUN { longest } else { 0 }
}

/// Length of the date or year at the beginning.
fn date(text: &[char]) -> usize {
    let digits = text.iter().take_while(|c| c.is_ascii_digit()).count();
    let century = matches!(text, ['1', '9', ..] | ['2', '0', ..]);
    match digits {
        8.. if century => 8,
        4..8 if century => 4,
        _ => 0,
    }
}

/// Length of the longest part at this place that stood before.
fn repetition(text: &[char], at: usize) -> usize {
    let same = |from: usize| text[from..at].iter().zip(&text[at..]).take_while(|(a, b)| a == b).count();
    let longest = (0..at).map(same).fold(0, usize::max);
    if longest >= RUN { longest } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::{Password, objection};

    fn is_taken(password: &str, name: &str) -> bool {
        objection(&Password::new(password), name).is_none()
    }

    #[test]
    fn what_guessers_try_is_refused() {
        for weak in [
            "Password1234",
            "P@ssw0rd2026",
            "Admin@123456",
            "admin888admin888",
            "qwertyuiop12",
            "1qaz2wsx3edc",
            "1qaz@WSX3edc",
            "aaaaaaaaaaaa",
            "abcabcabcabc",
            "abcdefghijkl",
            "098765432112",
            "123456789012",
            "20261122!@#$",
            "Jixiao@20261122",
            "jixiaojixiao",
            "Welcome2026!",
            "woaini1314520",
            "Caizhengju@2026",
            "asdfghjkl;12",
            "xyzxyzxyzxyz1",
            "lkjhgfdsa123",
            "!@#$%^&*()12",
            "zhongguo19491001",
            "财政局财政局财政局财政局",
            "ChangeMe!ChangeMe!",
            "passwordpassword",
        ] {
            assert!(!is_taken(weak, "lin"), "{weak}");
        }
    }

    #[test]
    fn what_is_hard_to_guess_is_taken() {
        for good in [
            "correct-horse-7351",
            "骑着单车去看海的人啊啊啊",
            "kPz7#vWq2!Lm",
            "tea under the old bridge",
            "K9 mond spiegel ufer",
            "春风又绿江南岸明月何时照我还",
            "xvqkzrtnbwmf",
        ] {
            assert!(is_taken(good, "lin"), "{good}");
        }
    }

    #[test]
    fn the_length_is_counted_in_characters() {
        assert!(!is_taken("kPz7#vWq2!L", "lin"));
        let long: String = ('\u{4e00}'..).step_by(7).take(128).collect();
        assert!(is_taken(&long, "lin"));
        assert!(!is_taken(&(long + "一"), "lin"));
    }

    #[test]
    fn the_name_of_the_account_is_no_part_of_it() {
        assert!(!is_taken("tea under zh@ngwei bridge", "zhangwei"));
        assert!(is_taken("tea under the old bridge", "zhangwei"));
        assert!(is_taken("tea under the old bridge", "ea"), "two letters stand in many words");
    }
}
