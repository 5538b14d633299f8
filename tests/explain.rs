//! Is every code explained, and is it found in every spelling?

use serde_json::Value;
use systemuser_demo::explain::{self, Entry};

use crate::program::program;

/// The codes in Digdir's list, and the sandbox's names for refusals without a code.
pub const MASKINPORTEN: [&str; 22] = [
    "MP-011",
    "MP-012",
    "MP-100",
    "MP-110",
    "MP-120",
    "MP-121",
    "MP-122",
    "MP-123",
    "MP-124",
    "MP-130",
    "MP-200",
    "MP-201",
    "MP-250",
    "MP-251",
    "MP-301",
    "MP-302",
    "MP-303",
    "issue-time",
    "unknown-kid",
    "missing-kid",
    "own-consumer-org",
    "invalid-target",
];

/// The numbers of Altinn's codes that a vendor can meet.
const AUTH: [u32; 27] =
    [0, 1, 4, 6, 7, 8, 9, 10, 11, 12, 13, 15, 17, 21, 23, 25, 26, 30, 58, 59, 60, 61, 63, 64, 65, 79, 80];
/// The numbers of the codes that a customer can meet on Altinn's approval page.
const CUSTOMER: [u32; 18] = [1, 2, 3, 4, 5, 14, 16, 18, 19, 20, 50, 51, 53, 66, 68, 69, 70, 71];
const VALIDATION: [u32; 18] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 16, 17, 18];

#[test]
fn exactly_the_codes_that_a_vendor_or_a_customer_can_meet_are_explained() {
    let mut expected: Vec<String> = MASKINPORTEN.map(str::to_owned).to_vec();
    expected.push("STD-00000".to_owned());
    expected.extend(AUTH.map(|number| format!("AUTH-{number:05}")));
    expected.extend(VALIDATION.map(|number| format!("AUTH.VLD-{number:05}")));
    expected.extend(CUSTOMER.map(|number| format!("AMUI-{number:05}")));
    let explained: Vec<&str> = explain::all().map(|entry| entry.code).collect();
    assert_eq!(explained, expected);
}

#[test]
fn every_explanation_is_complete_and_in_the_same_style() {
    for Entry { code, kind, meaning, causes, .. } in explain::all() {
        assert!(!kind.is_empty() && meaning.len() > 20, "{code}");
        assert!(!causes.is_empty(), "{code}");
        let mut sentences = vec![*meaning];
        for cause in *causes {
            assert!(cause.question.ends_with('?'), "{code}: {}", cause.question);
            sentences.push(cause.question);
        }
        let remedies: Vec<String> = causes.iter().map(|cause| cause.remedy.general_text()).collect();
        for sentence in sentences.into_iter().chain(remedies.iter().map(String::as_str)) {
            let first = sentence.chars().next().unwrap();
            let name = sentence.starts_with("Altinn") || sentence.starts_with("Maskinporten");
            assert!(first.is_lowercase() || first == '`' || name, "{code}: {sentence}");
            assert!(!sentence.ends_with('.') && !sentence.contains("  "), "{code}: {sentence}");
        }
    }
}

#[test]
fn a_code_is_found_in_any_spelling() {
    let code = |text: &str| explain::of_code(text).map(|entry| entry.code);
    for text in [
        "MP-303",
        "mp-303",
        "mp303",
        "MP 303",
        "303",
        " mp_303 ",
        "MP-303 invalid_altinn_customer_configuration",
        "https://test.maskinporten.no/errors/MP-303",
        "https://test.maskinporten.no/errors/MP-303?x=1",
        "MP_303",
        "https://test.maskinporten.no/errors/MP_303",
    ] {
        assert_eq!(code(text), Some("MP-303"), "{text}");
    }
    for text in ["invalid_target", "invalid-target", "Invalid_Target"] {
        assert_eq!(code(text), Some("invalid-target"), "{text}");
    }
    // A code of the approval page is the same with both prefixes.
    for text in ["AMUI-00016", "amui16", "AMUI_16", "AUTH-00016", "auth16", "Amui-0016"] {
        assert_eq!(code(text), Some("AMUI-00016"), "{text}");
    }
    assert_eq!(code("amui-7"), Some("AUTH-00007"));
    for text in ["AUTH-4", "auth4", "AUTH-00004", "Auth-0004", "urn:altinn:error:AUTH-00004"] {
        assert_eq!(code(text), Some("AUTH-00004"), "{text}");
    }
    for text in ["AUTH.VLD-00004", "auth.vld-4", "vld4", "AUTHVLD4"] {
        assert_eq!(code(text), Some("AUTH.VLD-00004"), "{text}");
    }
    assert_eq!(code("mp11"), Some("MP-011"));
    assert_eq!(code("std0"), Some("STD-00000"));
    assert_eq!(code("Unknown-KID"), Some("unknown-kid"));
    for text in ["", "MP", "MP-999", "AUTH.VLD-00010", "AMUI-00078", "MP-99999999999999999999", "æøå-1"] {
        assert_eq!(code(text), None, "{text}");
    }
}

#[test]
fn an_entry_is_printed_with_its_meaning_its_causes_and_what_to_do() {
    program("explain auth4").run().succeeds(
        "AUTH-00004  status 400\n\
         a system user for this customer, external reference and system already exists\n\
         \n\
         likely causes, most likely first\n  \
         does the customer already have the system user you need?\n    \
         use it, with the same `externalRef` in the grant: `systemuser-demo user find ORG --external-ref REF --system ID --env ENV` shows it\n  \
         do you want another system user for the same customer, but gave no new external reference?\n    \
         pass a new value with --external-ref (in the API: `externalRef`, exactly this spelling); the default is the \
         customer's organisation number\n  \
         do you want to change the system user's rights?\n    \
         create a change request with `systemuser-demo request change ORG --add-right RESOURCE --system ID --env ENV`; \
         for an agent system user, the customer must delete it before you request it again\n\
         \n\
         AMUI-00004  approval page\n\
         the customer already has a system user for this system and this external reference\n\
         \n\
         likely causes, most likely first\n  \
         has the customer approved an earlier request?\n    \
         the customer need not do anything: use the system user that `systemuser-demo user find ORG --external-ref REF \
         --system ID --env ENV` shows\n  \
         does the customer need another system user for this system?\n    \
         send a new request with another external reference\n",
    );
}

#[test]
fn a_code_of_the_approval_page_is_explained_with_advice_for_the_customer() {
    let page = "AMUI-00016  approval page\n\
                the person lacks the role that is needed to delegate a right\n\
                \n\
                likely causes, most likely first\n  \
                does the person lack the role, both in Norway's register of legal entities and in Altinn?\n    \
                ask the customer to have the request approved by a person with the role, such as the managing director; \
                the page lets the person forward the request\n";
    for spelling in ["AMUI-00016", "auth16", "amui_16"] {
        program("explain").arg(spelling).run().succeeds(page);
    }
    let general = "AMUI-00005  approval page\n\
                   Altinn does not know the organisation, or it is not the customer's; Altinn also uses this code for other \
                   errors\n";
    let run = program("explain auth-5").run();
    assert!(run.code == 0 && run.out.starts_with(general), "{}", run.out);
    // The vendor and the customer can both meet this code. The reading that was asked for comes first.
    let run = program("explain amui-1").run();
    let (customers, vendors) = run.out.split_once("\n\nAUTH-00001  status 400\n").unwrap();
    assert!(customers.starts_with("AMUI-00001  approval page\n") && vendors.contains("likely causes"), "{}", run.out);
    let json = |code: &str| -> Value { serde_json::from_str(&program("explain --json").arg(code).run().out).unwrap() };
    let (vendors, customers) = (json("AUTH-00001"), json("AMUI-00001"));
    let codes = |answer: &Value| (answer["code"].clone(), answer["other_reading"]["code"].clone());
    assert_eq!(codes(&vendors), ("AUTH-00001".into(), "AMUI-00001".into()));
    assert_eq!(codes(&customers), ("AMUI-00001".into(), "AUTH-00001".into()));
    assert!(json("AUTH-00016").get("other_reading").is_none());
}

#[test]
fn a_code_of_client_delegation_names_the_token_that_its_api_requires() {
    for (code, spelling) in [("AUTH-00079", "auth79"), ("AUTH-00080", "AUTH-00080")] {
        program("explain").arg(spelling).run().succeeds(&format!(
            "{code}  client delegation\n\
             Altinn's API for client delegation, which manages an agent's clients, refused the call\n\
             \n\
             likely causes, most likely first\n  \
             does your code send a vendor's token, such as the tokens that this program gets?\n    \
             send an Altinn token of a person who has logged in with ID-porten and may manage the agent's clients\n  \
             is the id of the agent or of the client wrong?\n    \
             compare it with those that the API lists (`agents`, `clients/available` and `clients`)\n"
        ));
    }
}

#[test]
fn without_a_code_every_code_is_listed_on_its_own_line_in_groups() {
    let run = program("explain").run();
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    let (headings, codes): (Vec<&str>, Vec<&str>) =
        run.out.lines().filter(|line| !line.is_empty()).partition(|line| !line.starts_with("  "));
    assert_eq!(headings, explain::groups().map(|(heading, _)| heading));
    assert_eq!(codes.len(), explain::all().count());
    for (line, entry) in codes.iter().zip(explain::all()) {
        assert!(line.trim_start().starts_with(entry.code) && line.ends_with(entry.meaning), "{line}");
    }
    // The customer's codes are a group of their own, and each code is listed once with each prefix.
    let (_, customers) = run.out.split_once("\nAltinn, for the customer: ").unwrap();
    assert_eq!(customers.matches("  AMUI-").count(), CUSTOMER.len());
    assert!(!customers.contains("  AUTH"), "{customers}");
}

#[test]
fn an_oauth_error_name_selects_every_code_that_uses_it() {
    let run = program("explain invalid_altinn_customer_configuration").run();
    assert!(run.out.starts_with("MP-303  invalid_altinn_customer_configuration\n"), "{}", run.out);
    let codes =
        |out: &str| -> Vec<String> { out.lines().map(|line| line.split("  ").next().unwrap().to_owned()).collect() };
    assert_eq!(codes(&program("explain invalid_scope").run().out), ["MP-200", "MP-201", "MP-250"]);
    assert_eq!(codes(&program("explain FORBIDDEN").run().out), ["MP-250", "MP-251"]);
}

#[test]
fn json_has_the_same_facts() {
    let all: Value = serde_json::from_str(&program("explain --json").run().out).unwrap();
    assert_eq!(all.as_array().unwrap().len(), explain::all().count());
    let one: Value = serde_json::from_str(&program("explain mp-110 --json").run().out).unwrap();
    assert_eq!((&one["code"], &one["kind"]), (&Value::from("MP-110"), &Value::from("invalid_grant")));
    assert!(one["causes"][0]["question"].as_str().unwrap().ends_with('?'));
    assert!(one["causes"][0]["remedy"].is_string() && one["meaning"].is_string());
}

#[test]
fn an_unknown_code_is_reported_with_the_nearest_codes() {
    let unknown = |code: &str, hint: &str| {
        let run = program("explain").arg(code).run();
        run.fails(2, &format!("error: `{code}` is not a known code\nhint: {hint}\n"));
    };
    unknown("MP-304", "the nearest known codes are `MP-303`, `MP-302`, `MP-301`");
    unknown("auth-22", "the nearest known codes are `AUTH-00021`, `AUTH-00023`, `AUTH-00025`");
    unknown("amui-78", "the nearest known codes are `AMUI-00071`, `AMUI-00070`, `AMUI-00069`");
    unknown("vld-10", "the nearest known codes are `AUTH.VLD-00009`, `AUTH.VLD-00011`, `AUTH.VLD-00008`");
    unknown("MP-999", "to see all known codes, run `systemuser-demo explain`");
    unknown("invalid_grants", "did you mean `invalid_grant`?");
    unknown("unknown-kit", "did you mean `unknown-kid`?");
    unknown("clock", "did you mean `issue-time`?");
    unknown("kid", "did you mean `unknown-kid`?");
    unknown("http://x/", "to see all known codes, run `systemuser-demo explain`");
    unknown("", "to see all known codes, run `systemuser-demo explain`");
}
