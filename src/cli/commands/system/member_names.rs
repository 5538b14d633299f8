//! The names of members in a system file. Altinn ignores their case, but the parser compares them exactly.

/// The names of members that Altinn knows, inside the members of `path`. Arrays do not count. The names of languages
/// inside `name` and `description` are missing, because Altinn compares them exactly.
pub(super) fn known(path: &[&str]) -> &'static [&'static str] {
    match path {
        [] => &[
            "id",
            "vendor",
            "name",
            "description",
            "rights",
            "accessPackages",
            "clientId",
            "isVisible",
            "allowedRedirectUrls",
            "isDeleted",
        ],
        ["vendor"] => &["ID", "authority"],
        ["rights"] => &["action", "resource"],
        ["rights", "resource"] => &["id", "value"],
        ["accessPackages"] => &["urn"],
        _ => &[],
    }
}

/// The depth of the deepest known member, counted in brackets.
const DEEPEST: usize = 5;

/// The JSON with each known name in Altinn's spelling. All other characters keep their positions, so that errors name
/// the right line and column. The text may be invalid JSON.
pub(super) fn in_altinns_spelling(json: &str) -> String {
    let mut result = String::with_capacity(json.len());
    // The current member of each open bracket: empty in an array, and before the first member of an object.
    let mut members: Vec<&str> = Vec::new();
    let mut rest = json;
    while let Some(at) = rest.find(['"', '{', '[', '}', ']']) {
        let (before, from) = rest.split_at(at);
        result.push_str(before);
        let token = if from.starts_with('"') { &from[..end_of_string(from)] } else { &from[..1] };
        rest = &from[token.len()..];
        match token {
            "{" | "[" => members.push(""),
            "}" | "]" => drop(members.pop()),
            _ if members.len() <= DEEPEST && rest.trim_start().starts_with(':') => {
                let name = token.trim_matches('"');
                let current = members.pop();
                let path: Vec<&str> = members.iter().copied().filter(|member| !member.is_empty()).collect();
                let spelling = known(&path).iter().find(|known| known.eq_ignore_ascii_case(name));
                let name = spelling.copied().unwrap_or(name);
                members.extend(current.map(|_| if name.is_empty() { "?" } else { name }));
                if let Some(spelling) = spelling {
                    result.push('"');
                    result.push_str(spelling);
                    result.push('"');
                    continue;
                }
            }
            _ => {}
        }
        result.push_str(token);
    }
    result + rest
}

/// The length of the string at the start of the JSON, with its quotes.
fn end_of_string(json: &str) -> usize {
    let mut is_escaped = false;
    let is_end = |byte: u8| {
        let ends = byte == b'"' && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
        ends
    };
    json.bytes().skip(1).position(is_end).map_or(json.len(), |at| at + 2)
}
