//! Every input: arguments, options, variables, the configuration, a system's file, and standard input.

use crate::program::{Run, data_text, program, project_text};

/// Command lines, a variable, files and standard input; `@` marks where the text is pasted.
pub struct Place {
    pub name: String,
    /// Commands that use the same input.
    commands: Vec<String>,
    variable: Option<&'static str>,
    files: Vec<(&'static str, String)>,
    input: &'static str,
    /// A valid value is part of the command's answer on stdout.
    pub prints_value: bool,
}

impl Place {
    fn new(name: &str, commands: &[&str]) -> Self {
        Self {
            name: name.to_owned(),
            commands: commands.iter().map(|command| (*command).to_owned()).collect(),
            variable: None,
            files: Vec::new(),
            input: "",
            prints_value: false,
        }
    }

    /// The number of commands.
    pub fn ways(&self) -> usize {
        self.commands.len()
    }

    /// Runs a command with the pasted text; `server` refuses every request, also as a proxy.
    pub fn run(&self, way: usize, pasted: &str, verbose: bool, server: &str) -> Run {
        let words = self.commands[way % self.ways()].split(' ').filter(|word| !word.is_empty());
        // Before the pasted text, which may end the options.
        let words = std::iter::once("--verbose").filter(|_| verbose).chain(words);
        let filled = |text: &str| text.replace('@', pasted).replace("http://SERVER", server);
        let mut run = words.fold(program(""), |run, word| run.arg(filled(word))).var("HTTPS_PROXY", server);
        if let Some(name) = self.variable {
            run = run.var(name, pasted);
        }
        let run = self.files.iter().fold(run, |run, (path, content)| run.file(path, filled(content)));
        run.run_with(&filled(self.input))
    }
}

const CREATE: &str = "request create 312600757 --right ttd_systembruker-salary";

/// Commands with a pasted option value, in each form in which an option can be written.
const OPTIONS: &[(&str, &[&str])] = &[
    (
        "token",
        &[
            "--env",
            "--config",
            "--client-id",
            "--scope",
            "--org",
            "--external-ref",
            "--resource",
            "--key",
            "--kid",
            "--timeout",
        ],
    ),
    (
        "call systemuserinfo",
        &[
            "--query",
            "--method",
            "--data",
            "--header",
            "--output",
            "--scope",
            "--external-ref",
            "--key",
            "--kid",
            "--timeout",
        ],
    ),
    ("call logistics", &["--org", "--client-id", "--resource"]),
    ("grant --env test --client-id c --scope a:b --org 210493352", &["--key", "--certificate"]),
    ("grant --curl", &["--client-id", "--scope", "--external-ref", "--resource", "--key", "--kid", "--config"]),
    ("inspect --verify", &["--timeout", "--config", "--env"]),
    ("key public", &["--key"]),
    ("key new x.pem", &["--bits", "--config"]),
    (
        "doctor",
        &[
            "--api",
            "--system",
            "--client-id",
            "--scope",
            "--org",
            "--external-ref",
            "--resource",
            "--key",
            "--kid",
            "--timeout",
        ],
    ),
    ("scope check", &["--client-id", "--key", "--kid", "--timeout"]),
    ("scope list", &["--timeout"]),
    ("doctor --offline", &["--client-id", "--external-ref", "--kid", "--certificate"]),
    ("init --env test", &["--client-id", "--scope", "--org", "--key", "--certificate"]),
    ("init", &["--config", "--env"]),
    ("explain", &["--config"]),
    ("system list", &["--client-id", "--key", "--kid", "--timeout"]),
    ("system show", &["--system"]),
    ("system update s.json", &["--client-id"]),
    ("system delete --yes", &["--system"]),
    ("system log", &["--system"]),
    (
        CREATE,
        &[
            "--right",
            "--package",
            "--redirect-url",
            "--title",
            "--wait",
            "--system",
            "--client-id",
            "--key",
            "--kid",
            "--timeout",
        ],
    ),
    ("request create 312600757 --agent", &["--package"]),
    (
        "request change 210493352 --remove-right ttd_systembruker-salary",
        &["--add-right", "--add-package", "--correlation-id", "--redirect-url"],
    ),
    ("request change 210493352 --add-package lonn", &["--external-ref", "--wait", "--system"]),
    ("request status", &["--org", "--external-ref", "--system", "--wait"]),
    ("request list", &["--status", "--system"]),
    ("request delete", &["--kid"]),
    ("user list", &["--system"]),
    ("user find 210493352", &["--external-ref", "--system"]),
    ("user access 210493352", &["--external-ref", "--resource", "--package"]),
    ("sandbox", &["--port", "--clock-ahead", "--refuse", "--page-size", "--paging-fault", "--config"]),
];

/// Options with a value that is part of the answer.
const PRINTED_OPTIONS: &[(&str, &[&str])] = &[
    ("grant --decode", &["--client-id", "--scope", "--external-ref", "--resource", "--kid"]),
    ("grant --json", &["--client-id", "--scope", "--external-ref", "--resource", "--kid"]),
    ("key public", &["--kid"]),
    ("init --env test", &["--kid"]),
    (CREATE, &["--external-ref"]),
    ("request change 210493352 --add-package lonn", &["--remove-right", "--remove-package"]),
];

/// Command lines with the pasted text as an argument or as part of an argument.
const ARGUMENTS: &[&str] = &[
    "@",
    "-@",
    "--@",
    "-e@",
    "-c@",
    "-v@",
    "-h@",
    "-V@",
    "-ve@",
    "token @",
    "token -@",
    "token --@",
    "token --@=x",
    "token -e@",
    "token -c@",
    "token -v@",
    "token -- @",
    "token --json=@",
    "token --verbose=@",
    "token --exchange=@",
    "token --no-system-user=@",
    "token --help=@",
    "token --keys @",
    "token --kye=@",
    "call @",
    "call -- @",
    "call systemuserinfo @",
    "call systemuserinfo x @",
    "call logistics @",
    "call logistics 210493352 --query x=@",
    "call logistics 210493352 --header X-Key:@",
    "call logistics 210493352 @",
    "grant @",
    "grant --curl @",
    "grant --decode=@",
    "inspect @",
    "inspect -- @",
    "inspect --verify @",
    "inspect Bearer @",
    "key @",
    "key public @",
    "key public --set=@",
    "key new @",
    "key new -- @",
    "key new folder/@",
    "key new x @",
    "scope @",
    "scope check @",
    "scope check -- @",
    "scope check a:b @ c:d",
    "scope check --json -- @",
    "scope list @",
    "scope list -- @",
    "doctor @",
    "doctor --offline=@",
    "explain @",
    "explain -- @",
    "explain MP-303 @",
    "init @",
    "init --env test @",
    "system @",
    "system list @",
    "system show @",
    "system show -- @",
    "system register @",
    "system register -- @",
    "system update @",
    "system update -- @",
    "system delete @",
    "system delete --yes -- @",
    "system log @",
    "request @",
    "request create @",
    "request create --right r -- @",
    "request create 312600757 --right r @",
    "request create 312600757 --right r --open=@",
    "request create 312600757 --right r --wait @",
    "request change @",
    "request change --add-right r -- @",
    "request change 312600757 --add-right r @",
    "request status @",
    "request status -- @",
    "request list @",
    "request list --agent=@",
    "request delete @",
    "request delete -- @",
    "user @",
    "user list @",
    "user find @",
    "user find -- @",
    "user access @",
    "user access -- @",
    "sandbox @",
    "completions @",
    "completions -- @",
];

/// Variables, and commands that read them.
const VARIABLES: &[(&str, &[&str])] = &[
    ("SYSTEMUSER_ENV", &["token", "init"]),
    ("SYSTEMUSER_CONFIG", &["token", "init", "doctor", "system list"]),
    ("SYSTEMUSER_CLIENT_ID", &["token", "doctor", "grant --curl", "init --env test", "request list"]),
    ("SYSTEMUSER_SCOPE", &["token", "doctor", "grant --curl", "init --env test", "scope check"]),
    ("SYSTEMUSER_ORG", &["token", "doctor", "grant --curl", "init --env test", "request status"]),
    ("SYSTEMUSER_EXTERNAL_REF", &["token", "doctor", "grant --curl", "request status", "user find 210493352"]),
    ("SYSTEMUSER_KEY", &["token", "doctor", "grant --curl", "key public", "init --env test"]),
    ("SYSTEMUSER_KEY_FILE", &["token", "doctor", "grant --curl", "key public", "init --env test"]),
    ("SYSTEMUSER_CERTIFICATE_FILE", &["token", "grant --curl", "explain MP-122"]),
    ("SYSTEMUSER_KID", &["token", "doctor", "grant --curl", "system list"]),
    ("SYSTEMUSER_SANDBOX", &["token", "doctor", "inspect --verify eyJhbGciOiJSUzI1NiJ9.e30.AAAA", "request list"]),
    ("SYSTEMUSER_OTHER", &["token"]),
    ("SSL_CERT_FILE", &["token --env test --client-id c --scope a:b --org 210493352 --timeout 1"]),
    ("SSL_CERT_DIR", &["token --env test --client-id c --scope a:b --org 210493352 --timeout 1"]),
    ("NO_COLOR", &["token --org x"]),
    ("TERM", &["token --org x"]),
    ("NO_PROXY", &["token --env test --client-id c --scope a:b --org 210493352 --timeout 1"]),
    ("ALL_PROXY", &["token --env test --client-id c --scope a:b --org 210493352 --timeout 1"]),
    (
        "HTTPS_PROXY",
        &[
            "token --env test --client-id c --scope a:b --org 210493352 --timeout 1",
            "doctor --env test --client-id c --scope a:b --org 210493352 --timeout 1",
        ],
    ),
];

/// Lines of a configuration for `test` with unreachable servers.
const LINES: &[&str] = &[
    "client_id = '@'",
    "client_id = '''@'''",
    "client_id = \"@\"",
    "client_id = @",
    "client_id = ['''@''']",
    "scope = '''@'''",
    "org = '''@'''",
    "org = '@'",
    "external_ref = '''@'''",
    "resource = ['''@''']",
    "resource = '''@'''",
    "key = '''@'''",
    "'@' = 1",
    "@ = 1",
    "@",
    "[@]",
    "['@']",
    "['@'.x]",
    "[key]\npath = '''@'''",
    "[key]\npath = \"@\"",
    "[key]\npath = @",
    "[key]\nkid = '''@'''",
    "[key]\ncertificate = '''@'''",
    "[key]\npassphrase = '''@'''",
    "[key]\nalg = '''@'''",
    "[key]\nregistered = '''@'''",
    "[key]\nregistered = @",
    "[key]\n@",
    "[key]\n'@' = 1",
    "[vendor]\norg = '''@'''",
    "[vendor]\nsystem_id = '''@'''",
    "[vendor]\nredirect_url = '''@'''",
    "[vendor]\n'@' = 1",
    "[endpoints]\nissuer = '''@'''",
    "[endpoints]\nissuer = 'http://SERVER/@/'",
    "[endpoints]\ntoken = '''@'''",
    "[endpoints]\njwks = '''@'''",
    "[endpoints]\naltinn = '''@'''",
    "[endpoints]\nself_service = '''@'''",
    "[endpoints]\nself_service = 'http://SERVER/@/'",
    "[endpoints]\nreference_api = '''@'''",
    "[endpoints]\n'@' = 1",
    "[api.orders]\nurl = '''@'''",
    "[api.orders]\nurl = 'http://SERVER/@/{org}'",
    "[api.orders]\nurl = 'http://SERVER/?key=@'",
    "[api.orders]\nurl = 'http://SERVER/'\nscope = '''@'''",
    "[api.orders]\nurl = 'http://SERVER/'\n'@' = 1",
    "[api.'@']\nurl = 'http://SERVER/'",
    "[api.'@']\nurl = 5",
];

/// Commands that read a configuration.
const CONFIG_COMMANDS: &[&str] = &[
    "token --config a.toml --scope a:b --org 210493352 --timeout 1",
    "doctor --config a.toml --scope a:b --org 210493352 --timeout 1 --api orders",
    "call orders --config a.toml --scope a:b --org 210493352 --timeout 1",
];

/// Members of a system's file, as JSON.
const FIELDS: &[&str] = &[
    r#"{"id":"@","vendor":{"ID":"0192:991825827"},"name":{"nb":"n","nn":"n","en":"n"},"description":{"nb":"n","nn":"n","en":"n"}}"#,
    r#"{"id":"991825827_x","vendor":{"ID":"@"},"name":{"nb":"n","nn":"n","en":"n"},"description":{"nb":"n","nn":"n","en":"n"}}"#,
    r#"{"id":"991825827_x","vendor":"@","name":{"nb":"n","nn":"n","en":"n"},"description":{"nb":"n","nn":"n","en":"n"}}"#,
    r#"{"id":"991825827_x","vendor":{"ID":"0192:991825827"},"name":"@","description":{"nb":"n","nn":"n","en":"n"}}"#,
    r#"{"id":"991825827_x","vendor":{"ID":"0192:991825827"},"name":{"@":"n","nb":"n","nn":"n","en":"n"},"description":{"nb":"n","nn":"n","en":"n"}}"#,
    r#"{"id":"991825827_x","vendor":{"ID":"0192:991825827"},"name":{"@":5},"description":{"nb":"n","nn":"n","en":"n"}}"#,
    r#"{"id":"991825827_x","vendor":{"ID":"0192:991825827"},"name":{"nb":"n","nn":"n","en":"n"},"description":{"nb":"n","nn":"n","en":"n"},"rights":"@"}"#,
    r#"{"id":"991825827_x","vendor":{"ID":"0192:991825827"},"name":{"nb":"n","nn":"n","en":"n"},"description":{"nb":"n","nn":"n","en":"n"},"rights":[{"resource":[{"id":"@","value":"r"}]}]}"#,
    r#"{"id":"991825827_x","vendor":{"ID":"0192:991825827"},"name":{"nb":"n","nn":"n","en":"n"},"description":{"nb":"n","nn":"n","en":"n"},"rights":[{"resource":[{"id":"urn:altinn:resource","value":"@"}]}]}"#,
    r#"{"id":"991825827_x","vendor":{"ID":"0192:991825827"},"name":{"nb":"n","nn":"n","en":"n"},"description":{"nb":"n","nn":"n","en":"n"},"rights":[{"@":1}]}"#,
    r#"{"id":"991825827_x","vendor":{"ID":"0192:991825827"},"name":{"nb":"n","nn":"n","en":"n"},"description":{"nb":"n","nn":"n","en":"n"},"accessPackages":[{"urn":"@"}]}"#,
    r#"{"id":"991825827_x","vendor":{"ID":"0192:991825827"},"name":{"nb":"n","nn":"n","en":"n"},"description":{"nb":"n","nn":"n","en":"n"},"clientId":["@"]}"#,
    r#"{"id":"991825827_x","vendor":{"ID":"0192:991825827"},"name":{"nb":"n","nn":"n","en":"n"},"description":{"nb":"n","nn":"n","en":"n"},"clientId":["@","@"]}"#,
    r#"{"id":"991825827_x","vendor":{"ID":"0192:991825827"},"name":{"nb":"n","nn":"n","en":"n"},"description":{"nb":"n","nn":"n","en":"n"},"isVisible":"@"}"#,
    r#"{"id":"991825827_x","vendor":{"ID":"0192:991825827"},"name":{"nb":"n","nn":"n","en":"n"},"description":{"nb":"n","nn":"n","en":"n"},"allowedRedirectUrls":["@"]}"#,
    r#"{"id":"991825827_x","vendor":{"ID":"0192:991825827"},"name":{"nb":"n","nn":"n","en":"n"},"description":{"nb":"n","nn":"n","en":"n"},"@":1}"#,
    r#"{"id":"991825827_smartcloud","vendor":{"ID":"0192:991825827"},"name":{"nb":"@","nn":"n","en":"n"},"description":{"nb":"@","nn":"n","en":"n"}}"#,
    r#"{"id":"991825827_smartcloud","vendor":{"ID":"0192:991825827"},"name":{"nb":"n","nn":"n","en":"n"},"description":{"nb":"n","nn":"n","en":"n"},"clientId":["@"],"allowedRedirectUrls":["https://a.no/@"]}"#,
    r#""@""#,
    r#"["@"]"#,
    "@",
];

pub fn places() -> Vec<Place> {
    let mut places = Vec::new();
    let rows = OPTIONS.iter().map(|row| (false, row)).chain(PRINTED_OPTIONS.iter().map(|row| (true, row)));
    for (prints_value, (command, options)) in rows {
        for option in *options {
            let commands = [format!("{command} {option} @"), format!("{command} {option}=@")];
            places.push(Place { prints_value, ..Place::new(&commands[0], &commands.each_ref().map(String::as_str)) });
        }
    }
    places.extend(ARGUMENTS.iter().map(|command| Place::new(command, &[command])));
    places
        .extend(VARIABLES.iter().map(|(name, commands)| Place { variable: Some(name), ..Place::new(name, commands) }));
    let mut with_file = |name: &str, path: &'static str, content: String, commands: &[&str]| {
        let files = vec![(path, content), ("key.pem", project_text("mp-key.pem.example"))];
        places.push(Place { files, ..Place::new(name, commands) });
    };
    for lines in LINES {
        let client_id = if lines.contains("client_id") { "" } else { "client_id = 'c'\n" };
        let key = if lines.contains("[key]") { "" } else { "\n[key]\npath = 'key.pem'\n" };
        with_file(lines, "a.toml", format!("environment = 'test'\n{client_id}{lines}{key}"), CONFIG_COMMANDS);
    }
    with_file("environment", "a.toml", "environment = '@'\n".to_owned(), CONFIG_COMMANDS);
    with_file("environment", "a.toml", "environment = \"\"\"@\"\"\"\n".to_owned(), CONFIG_COMMANDS);
    for field in FIELDS {
        with_file(field, "s.json", (*field).to_owned(), &["system register s.json", "system update s.json"]);
    }
    let api = "environment = 'sandbox'\n[api.'@']\nurl = 'http://SERVER/'\n";
    with_file("an API's name", "a.toml", api.to_owned(), &["call @ --config a.toml", "call --config a.toml -- @"]);
    let against_test = "token --key k.pem --env test --client-id c --scope a:b --org 210493352 --timeout 1";
    with_file("a key file", "k.pem", "@".to_owned(), &["token --key k.pem", against_test]);
    for name in ["SYSTEMUSER_KEY_PASSPHRASE", "SYSTEMUSER_KEY_PASSPHRASE_FILE"] {
        let files = vec![("k.pem", data_text("example.encrypted.pem"))];
        let place = Place::new(name, &["token --key k.pem", "grant --curl --key k.pem"]);
        places.push(Place { variable: Some(name), files, ..place });
    }
    let certificates = vec![("c.pem", "@".to_owned())];
    let commands = ["token --certificate c.pem", "init --env test --certificate c.pem"];
    places.push(Place { files: certificates, ..Place::new("a certificate file", &commands) });
    places.push(Place { input: "@", ..Place::new("standard input", &["inspect", "inspect -", "inspect --verify"]) });
    places
}
