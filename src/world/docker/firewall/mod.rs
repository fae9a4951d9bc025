//! Egress denied: a container in the network of the engine's machine holds the rules, and answers lookups of names.
//!
//! The rules lie in tables of our own, one chain an interface; they outlive the container, and end with it when it is
//! stopped in good order. It needs `CAP_NET_ADMIN` and nothing else that a container does not have. One stands on an
//! engine, whoever made it, as with the pool.

mod read;

use std::collections::{BTreeMap, HashMap};
use std::net::Ipv4Addr;

use bollard::Docker;
use bollard::models::{ContainerCreateBody, HostConfig, HostConfigLogConfig};
use bollard::query_parameters::{CreateContainerOptionsBuilder, StartContainerOptions};

use super::errors::{could_not, is_absent, is_conflict, says, status};
use super::exec::{self, Ran};
use super::pool::HELPER_IMAGE;
use super::shells::Shells;
use super::watch;
use crate::model::egress::{EgressRules, Refused};
use crate::model::error::{Error, ErrorKind, Result};
use crate::model::label;

/// The container.
const NAME: &str = "stage-firewall";
const RULES: &str = include_str!("rules.nft");
const SCRIPT: &str = include_str!("script.sh");
/// The code with which the script says that it does not see an interface.
const UNSEEN: i64 = 3;
/// How many lines of a firewall that ended are told.
const LAST_WORDS: usize = 3;

/// Makes it answer sooner, where it is about to be asked.
pub(super) fn open_beforehand(docker: &Docker, shells: &Shells) {
    shells.open_beforehand(docker, NAME);
}

/// Refuses the containers behind an interface whatever they are not allowed to reach. What was counted there before is
/// forgotten.
pub(super) async fn deny(docker: &Docker, shells: &Shells, holder: &str, rules: &EgressRules) -> Result<()> {
    let addresses: Vec<String> = addresses_of(&rules.subnet).map(|address| address.to_string()).collect();
    let number = addresses.len().to_string();
    let mut arguments = vec!["deny", RULES, &rules.bridge, &rules.subnet, &number];
    arguments.extend(addresses.iter().chain(&rules.allowed).map(String::as_str));
    let ran = ask(docker, shells, Some(holder), &arguments).await?;
    let is_unseen = ran.code == UNSEEN;
    succeeded("deny egress", ran).map(drop).map_err(|error| {
        if is_unseen {
            error.hint("this engine keeps its networks where no container reaches them: say `egress: allow` in stage.yaml if the stack may act")
        } else {
            error.hint("`scripts/setup` builds a helper image that can")
        }
    })
}

/// Forgets an interface; absent counts as forgotten.
pub(super) async fn forget(docker: &Docker, shells: &Shells, bridge: &str) -> Result<()> {
    match ask(docker, shells, None, &["forget", bridge]).await {
        Ok(ran) => succeeded("forget egress rules", ran).map(drop),
        Err(error) if error.kind == ErrorKind::Usage => Ok(()),
        Err(error) => Err(error),
    }
    .map_err(|error| Error { kind: ErrorKind::Leftover, ..error })
}

/// What was refused behind an interface.
pub(super) async fn refused(
    docker: &Docker,
    shells: &Shells,
    bridge: &str,
    subnet: &str,
) -> Result<Vec<Refused>> {
    let addresses: Vec<String> = addresses_of(subnet).map(|address| address.to_string()).collect();
    let mut arguments = vec!["refused", bridge];
    arguments.extend(addresses.iter().map(String::as_str));
    let action = "read what was refused";
    read::refused(&succeeded(action, ask(docker, shells, None, &arguments).await?)?)
}

/// The interfaces whose egress is denied; none without a firewall.
pub(super) async fn denied(docker: &Docker, shells: &Shells) -> Result<Vec<String>> {
    match ask(docker, shells, None, &["denied"]).await {
        Ok(ran) => Ok(succeeded("list egress rules", ran)?.lines().map(str::to_owned).collect()),
        Err(error) if error.kind == ErrorKind::Usage => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// Where the engine's machine finds hosts.
pub(super) async fn resolve(
    docker: &Docker,
    shells: &Shells,
    holder: &str,
    hosts: &[String],
) -> Result<BTreeMap<String, Vec<Ipv4Addr>>> {
    let mut arguments = vec!["resolve"];
    arguments.extend(hosts.iter().map(String::as_str));
    let found = succeeded("look up hosts", ask(docker, shells, Some(holder), &arguments).await?)?;
    Ok(read::hosts(&found))
}

/// Runs one verb of the script. A firewall that is not there, or stopped with its engine, is made for a `holder`; without
/// one, that there is none is an error of kind `Usage`.
async fn ask(docker: &Docker, shells: &Shells, holder: Option<&str>, arguments: &[&str]) -> Result<Ran> {
    let command = [&["sh", "-c", SCRIPT, "stage"], arguments].concat();
    match shells.run(docker, NAME, &command).await {
        Ok(ran) => return Ok(ran),
        Err(refusal) if holder.is_none() && is_absent(&refusal) => {
            return Err(Error::new(ErrorKind::Usage, "there is no firewall on this engine"));
        }
        Err(refusal) if status(&refusal).is_some() => {}
        Err(refusal) => return Err(could_not("ask the firewall")(refusal)),
    }
    prepare(docker, holder.unwrap_or_default()).await?;
    let ran = shells.run(docker, NAME, &command).await.map_err(could_not("ask the firewall"))?;
    if ran.code == exec::CANNOT_RUN {
        // It ended as soon as it was started, and only its own words say why.
        let last_words = watch::output_tail(docker, NAME, LAST_WORDS).await?;
        return Ok(Ran { stderr: format!("{}\n{}", ran.why(), last_words.trim()), ..ran });
    }
    Ok(ran)
}

/// Makes the container and starts it, also one that stopped with its engine.
async fn prepare(docker: &Docker, holder: &str) -> Result<()> {
    let options = CreateContainerOptionsBuilder::new().name(NAME).build();
    match docker.create_container(Some(options), container(holder)).await {
        Ok(_) => {}
        Err(refusal) if is_conflict(&refusal) => {}
        Err(refusal) => {
            let is_missing = is_absent(&refusal) && says(&refusal, "No such image");
            let error = could_not("create the firewall")(refusal);
            let hint = format!("`scripts/setup` builds the image {HELPER_IMAGE}");
            return Err(if is_missing { error.hint(hint) } else { error });
        }
    }
    let started = docker.start_container(NAME, None::<StartContainerOptions>).await;
    started.map_err(could_not("start the firewall")).map_err(|error| {
        error.hint("an engine that refuses CAP_NET_ADMIN or the network of its machine to a container cannot deny egress: say `egress: allow` in stage.yaml if the stack may act")
    })
}

fn container(holder: &str) -> ContainerCreateBody {
    let labels = [
        (label::KIND, label::KIND_FIREWALL),
        (label::FORMAT, label::FORMAT_VERSION),
        (label::HOLDER, holder),
    ];
    let command = ["sh", "-c", SCRIPT, "stage", "serve", RULES];
    ContainerCreateBody {
        image: Some(HELPER_IMAGE.to_owned()),
        cmd: Some(command.map(str::to_owned).to_vec()),
        labels: Some(labels.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()),
        host_config: Some(HostConfig {
            network_mode: Some("host".to_owned()),
            cap_add: Some(vec!["NET_ADMIN".to_owned()]),
            log_config: Some(HostConfigLogConfig {
                typ: Some("json-file".to_owned()),
                config: Some(HashMap::from([("max-size".to_owned(), "1m".to_owned())])),
            }),
            ..HostConfig::default()
        }),
        ..ContainerCreateBody::default()
    }
}

fn succeeded(action: &str, ran: Ran) -> Result<String> {
    if ran.code == 0 {
        return Ok(ran.stdout);
    }
    Err(Error::new(ErrorKind::Unreachable, format!("could not {action}: {}", ran.why())))
}

/// Every address of a subnet.
fn addresses_of(subnet: &str) -> impl Iterator<Item = Ipv4Addr> + use<> {
    let parts = subnet.split_once('/');
    let first = parts.and_then(|(first, _)| first.parse::<Ipv4Addr>().ok()).map_or(0, u32::from);
    let bits = parts.and_then(|(_, bits)| bits.parse::<u32>().ok()).unwrap_or(32);
    // None of ours is larger than a sixteenth of all.
    let number = 1_u32.checked_shl(32_u32.saturating_sub(bits)).unwrap_or(0).min(1 << 12);
    (first..first.saturating_add(number)).map(Ipv4Addr::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subnet_has_all_its_addresses() {
        let addresses: Vec<String> = addresses_of("10.213.4.16/30").map(|it| it.to_string()).collect();
        assert_eq!(addresses, ["10.213.4.16", "10.213.4.17", "10.213.4.18", "10.213.4.19"]);
    }
}
