//! Hosts of production: what texts name as hosts, and which of them are refused.

use glob::Pattern;

/// A host that a stack of its own never has, as a pattern, and what it is.
pub const PRODUCTION: &[(&str, &str)] = &[
    ("*.rds.amazonaws.com", "a database of AWS"),
    ("*.rds.amazonaws.com.cn", "a database of AWS"),
    ("*.redshift.amazonaws.com", "a warehouse of AWS"),
    ("*.docdb.amazonaws.com", "a database of AWS"),
    ("*.cache.amazonaws.com", "a cache of AWS"),
    ("*.es.amazonaws.com", "a search cluster of AWS"),
    ("*.database.windows.net", "a database of Azure"),
    ("*.database.azure.com", "a database of Azure"),
    ("*.documents.azure.com", "a database of Azure"),
    ("*.redis.cache.windows.net", "a cache of Azure"),
    ("*.servicebus.windows.net", "a queue of Azure"),
    ("*.mongodb.net", "a database of MongoDB Atlas"),
    ("*.neon.tech", "a database of Neon"),
    ("*.supabase.co", "a database of Supabase"),
    ("*.psdb.cloud", "a database of PlanetScale"),
    ("*.db.ondigitalocean.com", "a database of DigitalOcean"),
    ("*.aivencloud.com", "a database of Aiven"),
    ("*.confluent.cloud", "a cluster of Confluent"),
    ("*.cloudamqp.com", "a queue of CloudAMQP"),
    ("*.prod.*", "a host of production"),
    ("prod.*", "a host of production"),
    ("prod-*.*", "a host of production"),
    ("*-prod.*", "a host of production"),
    ("*.production.*", "a host of production"),
    ("production.*", "a host of production"),
    ("*-production.*", "a host of production"),
];

/// Variables with one of these in their name say a host without anything around it, or several.
const NAMES_OF_HOSTS: [&str; 9] =
    ["host", "server", "endpoint", "addr", "broker", "nodes", "url", "uri", "dsn"];
/// What stands before a host in a connection string of key and value.
const KEYS_OF_HOSTS: [&str; 4] = ["host=", "server=", "data source=", "hostaddr="];
/// How names of files end, which are no hosts (`config.prod.json`).
const ENDINGS_OF_FILES: [&str; 9] =
    [".json", ".yaml", ".yml", ".toml", ".xml", ".conf", ".ini", ".properties", ".env"];

/// The hosts that `text` names, in lower case, without ports: those of URLs and connection strings, and the whole text where
/// the name of its variable says that it is one.
pub fn named_in(name: &str, text: &str) -> Vec<String> {
    let text = text.to_lowercase();
    let mut lists: Vec<&str> = Vec::new();
    for (at, mark) in text.match_indices("://") {
        let rest = text.get(at + mark.len()..).unwrap_or_default();
        let authority = until(rest, |c| "/?#\"'".contains(c) || c.is_whitespace());
        lists.push(authority.rsplit('@').next().unwrap_or(authority));
    }
    for key in KEYS_OF_HOSTS {
        for (at, _) in text.match_indices(key) {
            let rest = text.get(at + key.len()..).unwrap_or_default();
            // A value of a connection string may be in quotes.
            let rest = rest.trim_start_matches(['\'', '"']);
            let list = until(rest, |c| ";\"'&".contains(c) || c.is_whitespace());
            lists.push(list.strip_prefix("tcp:").unwrap_or(list));
        }
    }
    let name = name.to_lowercase();
    if NAMES_OF_HOSTS.iter().any(|part| name.contains(part)) && !text.contains("://") {
        lists.extend(text.split_whitespace());
    }
    lists.iter().flat_map(|list| list.split([',', ';'])).filter_map(host).collect()
}

/// The hosts that `text` may name anywhere in it, in lower case: whatever is written as one.
pub fn written_in(text: &str) -> Vec<String> {
    let text = text.to_lowercase();
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c)));
    words.filter(|word| word.trim_end_matches('.').contains('.')).filter_map(host).collect()
}

/// What a word is that may be a host, if no other host is named like that: one of the user, or of a provider.
pub fn refused_word(word: &str, of_user: &[Pattern]) -> Option<(&'static str, String)> {
    refused(word, of_user).filter(|(_, pattern)| !pattern.ends_with(".*"))
}

/// What `host` is, if it is refused: by a pattern of the user, or by one of [`PRODUCTION`].
pub fn refused(host: &str, of_user: &[Pattern]) -> Option<(&'static str, String)> {
    if let Some(pattern) = of_user.iter().find(|pattern| pattern.matches(host)) {
        return Some(("a host of production", format!("production_hosts: {pattern}")));
    }
    let is_it = |pattern: &str| Pattern::new(pattern).is_ok_and(|pattern| pattern.matches(host));
    let (pattern, what) = PRODUCTION.iter().find(|(pattern, _)| is_it(pattern))?;
    Some((what, (*pattern).to_owned()))
}

fn until(text: &str, ends: impl Fn(char) -> bool) -> &str {
    text.split(ends).next().unwrap_or(text)
}

/// The host of `host:port`; a name only, as an address says nothing of whose it is.
fn host(text: &str) -> Option<String> {
    let host = text.split(':').next()?.trim_end_matches('.');
    let is_name = host.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    let is_file = ENDINGS_OF_FILES.iter().any(|ending| host.ends_with(ending));
    (is_name && !is_file && host.chars().any(|c| c.is_ascii_alphabetic())).then(|| host.to_owned())
}
