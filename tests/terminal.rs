//! What does a person see on a terminal, at every width?
//!
//! `script` provides the terminal, and an emulator turns its output into what a person sees.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use avt::Terminal;

use crate::command_line::commands;
use crate::program::{Program, Run, data_text, program};
use crate::server::{Request, Server, empty, json as answer, opaque_token};
use crate::waiting::{ID, ITS_TOKEN, WAITING, create, found, new, printed_request};

/// The widths in columns. A terminal that does not know its width reports 0.
const WIDTHS: [u16; 4] = [60, 80, 200, 0];

/// An empty screen, with enough rows for all output.
fn blank(columns: u16) -> Terminal {
    Terminal::with_scrollback(usize::from(if columns == 0 { 80 } else { columns }), 300, None).unwrap()
}

fn screen(output: &str, columns: u16) -> Terminal {
    let mut screen = blank(columns);
    screen.feed(output);
    screen
}

/// The text on a screen. A line that the terminal has wrapped is one line.
fn text(screen: &Terminal) -> String {
    format!("{}\n", screen.screen().text().join("\n").trim_end())
}

/// The output of a program in a terminal of this width.
fn drawn(program: &Program, columns: u16) -> String {
    Run::of(&mut program.at_a_terminal_of(columns)).out
}

/// The output of a program that does not run in a terminal: both streams, in the order of their lines.
fn piped(program: &Program) -> String {
    let plain = program.command();
    let mut shell = Command::new("sh");
    shell.args(["-c", "exec \"$0\" \"$@\" 2>&1"]).arg(plain.get_program()).args(plain.get_args());
    Run::of(shell.env_clear().current_dir(program.path("")).stdin(Stdio::null())).out
}

#[test]
#[ignore = "needs script, of util-linux; .ci/run has it"]
fn help_is_wrapped_between_words_and_its_examples_are_whole() {
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    for command in commands() {
        let help = program(&format!("{command} --help")).var("NO_COLOR", "1");
        let wide = piped(&help);
        for columns in WIDTHS {
            let help = drawn(&help, columns).replace("\r\n", "\n");
            assert_eq!(words(&help), words(&wide), "{command} {columns}");
            let (wrapped, examples) = help.split_once("\nExamples:\n").unwrap_or((&help, ""));
            let width = if columns == 0 { 100 } else { columns };
            for line in wrapped.lines() {
                assert!(line.trim_end().chars().count() <= usize::from(width), "{command} {columns}: {line}");
            }
            for example in examples.lines().filter(|line| line.starts_with(' ')) {
                assert!(wide.lines().any(|line| line == example), "{command} {columns}: {example}");
            }
        }
    }
}

/// A line that the program does not break can be copied whole from a terminal.
#[cfg(feature = "sandbox")]
#[test]
#[ignore = "needs script, of util-linux; .ci/run has it"]
fn the_width_of_the_terminal_changes_no_result_and_no_message() {
    for arguments in [
        "doctor",
        "doctor --org 313790509",
        "system list",
        "system show",
        "system log",
        "request list",
        "request create 312600757 --right ttd_systembruker-logistikk-demo",
        "user list",
        "user find 313790509 --external-ref customer-42",
        "call --list",
        "call systemuserinfo",
        "call salary --org 310904473",
        "token --org 313790509",
        "token --org 1",
        "token --env prod",
        "tokn",
        "inspect eyJhbGciOiJub25lIn0.e30.",
        "explain",
        "explain MP-303",
        "explain MP-30x",
        "key public",
    ] {
        let program = program(arguments);
        // Ports and times differ between runs.
        let without_digits = |text: &str| text.replace(|c: char| c.is_ascii_digit(), "0");
        let piped = without_digits(&piped(&program));
        for columns in WIDTHS {
            let drawn = without_digits(&text(&screen(&drawn(&program, columns), columns)));
            assert_eq!(drawn, piped, "{arguments} {columns}");
        }
    }
    for columns in WIDTHS {
        let drawn = text(&screen(&drawn(&program("token"), columns), columns));
        let (note, token) = drawn.split_once('\n').unwrap();
        assert!(note.starts_with("note: ") && token.trim_end().split('.').count() == 3, "{columns}: {drawn}");
        assert_eq!(program("inspect").arg(token.trim_end()).run().code, 0, "{columns}");
    }
}

/// The parts of a screen that have a colour.
#[cfg(feature = "sandbox")]
fn coloured(output: &str, columns: u16) -> Vec<(String, &'static str)> {
    let screen = screen(output, columns);
    let mut parts = Vec::new();
    for line in screen.screen().visible_lines() {
        for cells in line.chunks(|one, next| one.pen() != next.pen()) {
            let pen = cells[0].pen();
            let colour = match pen.foreground() {
                Some(avt::Color::Indexed(1)) => "red",
                Some(avt::Color::Indexed(2)) => "green",
                Some(avt::Color::Indexed(3)) => "yellow",
                Some(avt::Color::Indexed(4)) => "blue",
                Some(avt::Color::Indexed(6)) => "cyan",
                None if pen.is_faint() => "faint",
                _ if pen.is_default() => continue,
                _ => panic!("{pen:?}"),
            };
            parts.push((cells.iter().map(avt::Cell::char).collect(), colour));
        }
    }
    parts
}

#[cfg(feature = "sandbox")]
#[test]
#[ignore = "needs script, of util-linux; .ci/run has it"]
fn only_marks_levels_and_skipped_steps_have_a_colour_and_only_on_a_terminal() {
    let (note, hint, passed) = (("note:", "blue"), ("hint:", "cyan"), ("✓", "green"));
    let skipped =
        |step| [("-".to_owned(), "faint"), (format!("{step:<13}  skipped because the token step failed"), "faint")];
    let owned =
        |parts: &[(&str, &'static str)]| parts.iter().map(|(text, colour)| ((*text).to_owned(), *colour)).collect();
    let before: Vec<_> = owned(&[note, passed, passed, passed, passed, passed, passed, ("✗", "red")]);
    let after: Vec<_> = owned(&[hint, hint, hint, hint, note, note]);
    let doctor = [before, after, skipped("claims").to_vec(), skipped("api").to_vec()].concat();
    for columns in WIDTHS {
        let of = |arguments: &str| coloured(&drawn(&program(arguments), columns), columns);
        assert_eq!(of("doctor --org 313790509"), doctor, "{columns}");
        assert_eq!(of("token --org 1"), owned(&[("error:", "red")]));
        assert_eq!(of("key public"), owned(&[note, ("warning:", "yellow")]));
        assert_eq!(of("explain MP-303"), []);
        // Only stderr is a terminal.
        assert_eq!(of("doctor --org 313790509 | cat"), owned(&[note]));
        for (name, value) in [("NO_COLOR", "1"), ("TERM", "dumb")] {
            let plain = program("doctor --org 313790509").var(name, value);
            assert!(!drawn(&plain, columns).contains('\u{1b}'), "{columns}");
        }
    }
}

/// Feeds the output to a screen in small pieces. Returns each progress line that the screen showed, and the final text.
fn progress(output: &str, columns: u16) -> (BTreeSet<String>, String) {
    let (mut screen, mut shown) = (blank(columns), BTreeSet::new());
    for char in output.chars() {
        screen.feed(char);
        let lines = screen.screen().visible_lines().filter(|line| line.text().starts_with("waiting"));
        let lines: Vec<_> = lines.collect();
        assert!(lines.len() <= 1 && lines.iter().all(|line| !line.is_wrapped()), "{columns}: {output:?}");
        shown.extend(lines.iter().map(|line| line.text().trim_end().to_owned()));
    }
    let end = text(&screen);
    // The terminal wraps long lines again.
    let long = "x".repeat(screen.size().0 + 1);
    screen.feed(long.as_str());
    assert!(text(&screen).ends_with(&format!("{long}\n")), "{columns}");
    (shown, end)
}

#[test]
#[ignore = "needs script, of util-linux; .ci/run has it"]
fn the_line_of_wait_is_one_line_and_disappears() {
    let long = "A status that no version of Altinn has";
    for (columns, status) in WIDTHS.map(|columns| (columns, "New")).into_iter().chain([(60, long)]) {
        let server = Server::vendor_in_turn([new(), found(status), found("Accepted")]);
        let (shown, end) = progress(&drawn(&create(&server, "--wait"), columns), columns);
        assert_eq!(end, format!("{}status        Accepted\n{ITS_TOKEN}", printed_request()), "{columns}");
        let line = "waiting for the customer: New, 0 s; Ctrl-C to stop";
        assert_eq!(shown.contains(line), status == "New", "{shown:?}");
    }
}

#[test]
#[ignore = "needs script, of util-linux; .ci/run has it"]
fn the_line_of_a_pause_that_the_server_requests_is_one_line_and_disappears() {
    thread::scope(|scope| {
        for columns in WIDTHS {
            scope.spawn(move || {
                let asked = AtomicUsize::new(0);
                let server = Server::start(move |request: &Request| match asked.fetch_add(1, Ordering::SeqCst) {
                    0 | 2 => empty("503 Service Unavailable\r\nRetry-After: 2"),
                    _ if request.target == "/token" => opaque_token(),
                    _ => answer("200 OK", "[]"),
                });
                let list = program("system list --env test").file("config/test.toml", server.vendor_configuration());
                let (shown, end) = progress(&drawn(&list, columns), columns);
                assert!(shown.contains("waiting 2 s, as requested by the server"), "{shown:?}");
                let piped = piped(&list);
                assert_eq!(end, piped, "{columns}");
                assert!(!piped.contains("waiting"), "{piped}");
            });
        }
        // The program also shows the pause while it waits for a customer.
        let busy = empty("503 Service Unavailable\r\nRetry-After: 2");
        let server = Server::vendor_in_turn([new(), found("New"), busy, found("Accepted")]);
        let (shown, end) = progress(&drawn(&create(&server, "--wait"), 60), 60);
        assert!(shown.contains("waiting 2 s, as requested by the server"), "{shown:?}");
        assert_eq!(end, format!("{}status        Accepted\n{ITS_TOKEN}", printed_request()));
    });
}

/// The terminal breaks the line into two when its window becomes narrower.
#[test]
#[ignore = "needs script, of util-linux; .ci/run has it"]
fn a_progress_line_is_erased_whole_after_its_window_became_narrower() {
    let server = Server::vendor_in_turn([new(), found("New"), found("Accepted")]);
    let output = drawn(&create(&server, "--wait"), 60);
    // The last progress line is complete, and the program is about to erase it.
    let (before, after) = output.split_at(output.rfind("\r\u{1b}[").unwrap());
    let mut screen = screen(before, 60);
    assert!(text(&screen).ends_with("Ctrl-C to stop\n"), "{before:?}");
    screen.resize(30, 300);
    screen.feed(after);
    assert_eq!(text(&screen), format!("{}status        Accepted\n{ITS_TOKEN}", printed_request()));
}

#[test]
#[ignore = "needs script, of util-linux; .ci/run has it"]
fn a_terminal_that_cannot_erase_gets_a_note_instead_of_a_progress_line() {
    let server = Server::vendor_in_turn([new(), found("New"), found("Accepted")]);
    let program = create(&server, "--wait").var("TERM", "dumb");
    let result = format!("{}{WAITING}status        Accepted\n{ITS_TOKEN}", printed_request());
    assert_eq!(drawn(&program, 80).replace("\r\n", "\n"), result);
}

/// A person at a terminal, who reads and types.
struct Person {
    _program: Program,
    script: Child,
    output: Receiver<Vec<u8>>,
    read: Vec<u8>,
    columns: u16,
}

impl Person {
    fn at(program: Program, columns: u16) -> Self {
        let script = program.at_a_terminal_of(columns);
        Self::of(program, script, columns)
    }

    /// At a terminal whose shell runs the program, and then prints its exit code and the state of the terminal. Unlike
    /// an interactive shell, this shell leaves the state as it is.
    fn at_a_shell(program: Program, columns: u16) -> Self {
        let direct = program.at_a_terminal_of(columns);
        let words = direct.get_args().map(|word| match word.to_str().unwrap() {
            line if line.contains("; exec ") => {
                line.replace("; exec ", "; ") + "; echo \"exit code $?\"; stty -a; stty sane"
            }
            word => word.to_owned(),
        });
        let mut script = Command::new(direct.get_program());
        let variables = direct.get_envs().filter_map(|(name, value)| Some((name, value?)));
        script.args(words).env_clear().envs(variables).current_dir(program.path(""));
        Self::of(program, script, columns)
    }

    fn of(program: Program, mut script: Command, columns: u16) -> Self {
        let mut script = script.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (sender, output) = mpsc::channel();
        let mut stdout = script.stdout.take().unwrap();
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(length @ 1..) = stdout.read(&mut buffer) {
                if sender.send(buffer[..length].to_vec()).is_err() {
                    break;
                }
            }
        });
        Self { _program: program, script, output, read: Vec::new(), columns }
    }

    fn text(&self) -> String {
        text(&screen(&String::from_utf8_lossy(&self.read), self.columns))
    }

    /// Reads until the screen has this text.
    #[track_caller]
    fn sees(&mut self, expected: impl Fn(&str) -> bool) {
        while !expected(&self.text()) {
            let more = self.output.recv_timeout(Duration::from_secs(20));
            self.read.extend(more.unwrap_or_else(|error| panic!("{error}: {}", self.text())));
        }
    }

    fn types(&mut self, text: &str) {
        self.script.stdin.as_mut().unwrap().write_all(text.as_bytes()).unwrap();
    }

    /// The final text, and the exit code.
    fn leaves(mut self) -> (String, Option<i32>) {
        self.read.extend(self.output.iter().flatten().collect::<Vec<_>>());
        let text = self.text();
        (text, self.script.wait().unwrap().code())
    }
}

#[test]
#[ignore = "needs script, of util-linux; .ci/run has it"]
fn ctrl_c_leaves_nothing_of_the_progress_line() {
    for columns in WIDTHS {
        let server = Server::vendor_in_turn([new(), found("New")]);
        let mut person = Person::at(create(&server, "--wait"), columns);
        person.sees(|text| text.ends_with("Ctrl-C to stop\n"));
        person.types("\u{3}");
        let note = "note: the request stays open; to continue waiting:";
        let note = format!("{note} `systemuser-demo request status {ID} --wait --env test`\n");
        assert_eq!(person.leaves(), (printed_request() + &note, Some(130)), "{columns}");
    }
}

#[test]
#[ignore = "needs script, of util-linux; .ci/run has it"]
fn each_question_of_init_and_its_answer_are_on_one_line() {
    for columns in WIDTHS {
        let (mut person, mut expected) = (Person::at(program("init --env test"), columns), String::new());
        for (question, answer, error) in [
            (
                "client id [7ee41fce-9f6e-4c32-8195-0fe2c1517f43]:",
                "my client",
                "error: client id: the value contains a space\n",
            ),
            ("client id [7ee41fce-9f6e-4c32-8195-0fe2c1517f43]:", "my-client", ""),
            ("scope [altinn:systembruker.demo]:", "", ""),
            ("organisation that owns the system user [210493352]:", "310 904 473", ""),
            ("vendor's organisation number [991825827]:", "", ""),
            ("system id [991825827_smartcloud]:", "", ""),
        ] {
            expected += question;
            person.sees(|text| text.trim_end() == expected);
            person.types(&format!("{answer}\n"));
            expected += format!(" {answer}").trim_end();
            expected += &format!("\n{error}");
        }
        let (text, code) = person.leaves();
        assert!(text.starts_with(&expected) && code == Some(0), "{columns}: {text}");
    }
}

#[test]
#[ignore = "needs script, of util-linux; .ci/run has it"]
fn a_typed_passphrase_is_not_shown() {
    let key = || program("key public --env test --key k.pem --json").file("k.pem", data_text("encrypted.pkcs8.pem"));
    const QUESTION: &str = "passphrase for the key file `k.pem`:";
    let mut person = Person::at(key(), 80);
    person.sees(|text| text.trim_end() == QUESTION);
    person.types("test\n");
    let (text, code) = person.leaves();
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("\"kty\": \"RSA\"") && !text.contains("test\n"), "{text}");

    let mut person = Person::at(key(), 80);
    person.sees(|text| text.trim_end() == QUESTION);
    person.types("wrong-passphrase\n");
    let (text, code) = person.leaves();
    assert_eq!(code, Some(3), "{text}");
    assert_eq!(
        text,
        format!(
            "{QUESTION}\nerror: the key file `k.pem` cannot be decrypted: the passphrase is wrong, or the key is damaged\n"
        )
    );

    let mut person = Person::at(key(), 80);
    person.sees(|text| text.trim_end() == QUESTION);
    person.types("half\u{3}");
    let (text, code) = person.leaves();
    assert_eq!(code, Some(130), "{text}");
    assert!(!text.contains("half"), "{text}");
}

#[test]
#[ignore = "needs script, of util-linux; .ci/run has it"]
fn after_the_question_for_a_passphrase_the_terminal_shows_what_is_typed() {
    const QUESTION: &str = "passphrase for the key file `k.pem`:";
    for (typed, code) in [("test\n", 0), ("wrong-passphrase\n", 3), ("half\u{3}", 130), ("\u{3}", 130), ("\u{4}", 3)] {
        let key = program("key public --env test --key k.pem").file("k.pem", data_text("encrypted.pkcs8.pem"));
        let mut person = Person::at_a_shell(key, 200);
        person.sees(|text| text.trim_end() == QUESTION);
        person.types(typed);
        let (text, _) = person.leaves();
        assert!(text.contains(&format!("\nexit code {code}\n")), "{typed:?}: {text}");
        assert!(!text.contains("half") && !text.contains("wrong-passphrase"), "{typed:?}: {text}");
        let (_, state) = text.split_once("\nexit code ").unwrap();
        let modes: Vec<&str> = state.split_whitespace().collect();
        for mode in ["echo", "isig", "icanon"] {
            assert!(modes.contains(&mode), "{typed:?}: {mode} is off: {text}");
        }
        // Ctrl-C ends a line only while the question is open.
        assert!(
            !modes.contains(&"echonl") && state.contains("intr = ^C;") && state.contains(" eol = <undef>;"),
            "{text}"
        );
    }
}
