//! Containers, networks, volumes and images of a real engine.

use std::net::SocketAddr;
use std::time::Duration;

use stage::model::call::{Call, Performed, Undo};
use stage::model::container::{ContainerSpec, Mount, MountSource, NetworkSpec, VolumeSource, VolumeSpec};
use stage::model::error::ErrorKind;
use stage::model::service::{Healthcheck, Port};
use stage::world::Engine;
use stage::world::docker::HELPER_IMAGE;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

use crate::stand::{container, docker, done, engine, labels, name, run, tidy, undone};

#[tokio::test]
async fn a_container_lives_from_create_to_remove_and_every_call_may_be_repeated() {
    let (engine, name) = (engine().await, name("web"));
    let undo = Undo::RemoveContainer { name: name.clone(), run: "r1".into() };
    let (e, n) = (engine.clone(), name.clone());
    let test = async move {
        run(&e, container(&n, "r1", "trap exit TERM; echo hello; sleep 60 & wait")).await;
        done(&e, Call::AwaitHealthy { name: n.clone(), timeout_s: 10 }).await;
        assert_eq!(e.await_exit(&n, Duration::from_millis(50)).await.unwrap(), None);
        // Until it has said so, it has not set its trap.
        for _ in 0..1_000 {
            if e.output_tail(&n, 5).await.unwrap() == "hello\n" {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        done(&e, Call::StopContainer { name: n.clone(), timeout_s: 10 }).await;
        assert!(e.await_exit(&n, Duration::ZERO).await.unwrap().is_some());
        assert_eq!(e.output_tail(&n, 5).await.unwrap(), "hello\n");
        let listed = e.inventory(&[]).await.unwrap().containers;
        assert!(listed.iter().any(|listed| listed.name == n));
    };
    tidy(test, undone(&engine, &[undo])).await;
    let listed = engine.inventory(&[]).await.unwrap().containers;
    assert!(listed.iter().all(|listed| listed.name != name));
}

#[tokio::test]
async fn a_name_that_another_run_holds_is_no_room_and_never_reused() {
    let (engine, name) = (engine().await, name("held"));
    let undo = Undo::RemoveContainer { name: name.clone(), run: "r1".into() };
    let e = engine.clone();
    let test = async move {
        done(&e, Call::CreateContainer(Box::new(container(&name, "r1", "true")))).await;
        let other = Call::CreateContainer(Box::new(container(&name, "r2", "true")));
        let error = e.perform(&other).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::NoRoom);
        assert!(error.to_string().contains("held by run r1"), "{error}");
    };
    tidy(test, undone(&engine, &[undo])).await;
}

#[tokio::test]
async fn a_service_that_fails_is_a_fact_with_its_last_words() {
    let (engine, name) = (engine().await, name("broken"));
    let undo = Undo::RemoveContainer { name: name.clone(), run: "r1".into() };
    let e = engine.clone();
    let test = async move {
        run(&e, container(&name, "r1", "echo no such host >&2; exit 3")).await;
        // Completion is awaited first: until its command has ended, a container without a healthcheck counts as healthy.
        for call in [
            Call::AwaitCompletion { name: name.clone(), timeout_s: 10 },
            Call::AwaitHealthy { name: name.clone(), timeout_s: 10 },
        ] {
            let Performed::Unfit(failure) = e.perform(&call).await.unwrap() else { panic!("{call} is done") };
            assert_eq!(
                (failure.reason.as_str(), failure.output_tail.as_str()),
                ("exited with 3", "no such host\n")
            );
        }
    };
    tidy(test, undone(&engine, &[undo])).await;
}

#[tokio::test]
async fn a_service_that_never_becomes_healthy_is_a_fact_after_its_time() {
    let (engine, name) = (engine().await, name("sick"));
    let undo = Undo::RemoveContainer { name: name.clone(), run: "r1".into() };
    let e = engine.clone();
    let test = async move {
        let mut spec = container(&name, "r1", "sleep 60");
        spec.runtime.healthcheck = Some(Healthcheck::Probe {
            test: vec!["CMD".to_owned(), "false".to_owned()],
            interval_ns: Some(500_000_000),
            timeout_ns: None,
            start_period_ns: Some(60_000_000_000),
            retries: Some(1),
        });
        run(&e, spec).await;
        let waited = e.perform(&Call::AwaitHealthy { name, timeout_s: 1 }).await.unwrap();
        let Performed::Unfit(failure) = waited else { panic!("it is healthy") };
        assert_eq!(failure.reason, "not healthy after 1 s");
    };
    tidy(test, undone(&engine, &[undo])).await;
}

#[tokio::test]
async fn a_container_that_does_not_stop_in_time_is_an_error() {
    let (engine, name) = (engine().await, name("deaf"));
    let undo = Undo::RemoveContainer { name: name.clone(), run: "r1".into() };
    let e = engine.clone();
    let test = async move {
        run(&e, container(&name, "r1", "trap '' TERM; while :; do sleep 1; done")).await;
        let error = e.perform(&Call::StopContainer { name, timeout_s: 1 }).await.unwrap_err();
        assert!(error.to_string().ends_with("did not stop within 1 s"), "{error}");
    };
    tidy(test, undone(&engine, &[undo])).await;
}

/// Says something to everybody who asks at port 81.
const SERVER: &str = r#"perl -MIO::Socket::INET -e '$s = IO::Socket::INET->new(LocalPort => 81, Listen => 5);
    while ($c = $s->accept) { print $c "here"; close $c }'"#;

/// What a server says that may not listen yet.
async fn what_says(at: SocketAddr) -> String {
    for _ in 0..100 {
        if let Ok(mut stream) = TcpStream::connect(at).await {
            let mut said = String::new();
            stream.read_to_string(&mut said).await.unwrap();
            return said;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("nobody listens at {at}");
}

#[tokio::test]
async fn a_network_publishes_on_loopback_and_goes_by_name_and_run() {
    let (engine, name) = (engine().await, name("net"));
    let subnet = format!("10.214.{}.16/28", std::process::id() % 250);
    let undos = [
        Undo::RemoveContainer { name: name.clone(), run: "r1".into() },
        Undo::RemoveNetwork { name: name.clone(), run: "r1".to_owned() },
    ];
    let (e, n) = (engine.clone(), name.clone());
    let test = async move {
        let network =
            NetworkSpec { name: n.clone(), subnet: subnet.clone(), bridge: None, labels: labels("r1") };
        done(&e, Call::CreateNetwork(network.clone())).await;
        let inventory = e.inventory(&[]).await.unwrap();
        assert_eq!(inventory.networks.iter().filter(|network| network.name == n).count(), 1);
        assert!(inventory.subnets.contains(&subnet));
        let other = NetworkSpec { name: format!("{n}-b"), ..network };
        let error = e.perform(&Call::CreateNetwork(other)).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::NoRoom);
        let mut spec = container(&n, "r1", SERVER);
        spec.network = Some(n.clone());
        spec.ports = vec![Port { container_port: 80, protocol: "tcp".to_owned() }];
        spec.reached_at = Some(81);
        done(&e, Call::CreateContainer(Box::new(spec))).await;
        assert!(e.reach(&n, 81).await.is_err(), "it does not run");
        done(&e, Call::StartContainer { name: n.clone() }).await;
        let published = e.reach(&n, 80).await.unwrap();
        assert!(published.ip().is_loopback());
        assert_eq!(
            docker(&["port", &n]).trim(),
            format!("80/tcp -> {published}"),
            "this machine is beside it"
        );
        assert_eq!(what_says(e.reach(&n, 81).await.unwrap()).await, "here");
        // Another run of the same name must not take it away.
        e.undo(&Undo::RemoveNetwork { name: n.clone(), run: "r2".to_owned() }).await.unwrap();
        assert!(e.inventory(&[]).await.unwrap().networks.iter().any(|network| network.name == n));
    };
    tidy(test, undone(&engine, &undos)).await;
    assert!(engine.inventory(&[]).await.unwrap().networks.iter().all(|network| network.name != name));
}

#[tokio::test]
async fn a_file_comes_out_of_a_stopped_container_and_a_missing_one_is_none() {
    let (engine, name) = (engine().await, name("files"));
    let undos = [
        Undo::RemoveContainer { name: name.clone(), run: "r1".into() },
        Undo::RemoveVolume { name: name.clone() },
    ];
    let e = engine.clone();
    let test = async move {
        let volume = VolumeSpec { name: name.clone(), source: VolumeSource::Plain, labels: labels("r1") };
        done(&e, Call::CreateVolume(volume.clone())).await;
        let error = e.perform(&Call::CreateVolume(VolumeSpec { labels: labels("r2"), ..volume })).await;
        assert_eq!(error.unwrap_err().kind, ErrorKind::NoRoom);
        let mut spec = container(&name, "r1", "echo '<xml/>' > /out/junit.xml");
        spec.mounts = vec![Mount {
            source: MountSource::Volume(name.clone()),
            target: "/out".to_owned(),
            read_only: false,
        }];
        done(&e, Call::CreateContainer(Box::new(spec))).await;
        done(&e, Call::StartContainer { name: name.clone() }).await;
        done(&e, Call::AwaitCompletion { name: name.clone(), timeout_s: 10 }).await;
        assert_eq!(e.download(&name, "/out/junit.xml").await.unwrap().unwrap(), b"<xml/>\n");
        assert_eq!(e.download(&name, "/out/other.xml").await.unwrap(), None);
        assert!(e.download("stage-test-nobody", "/x").await.is_err());
    };
    tidy(test, undone(&engine, &undos)).await;
}

#[tokio::test]
async fn a_container_made_after_its_own_removal_goes_with_its_volume_and_that_of_another_run_stays() {
    let engine = engine().await;
    let (late, other) = (name("late"), name("other"));
    let undos = [&late, &other].map(|name| {
        let run = if *name == late { "r1" } else { "r2" };
        [
            Undo::RemoveContainer { name: name.clone(), run: run.into() },
            Undo::RemoveVolume { name: name.clone() },
        ]
    });
    let e = engine.clone();
    let test = async move {
        for (name, run) in [(&late, "r1"), (&other, "r2")] {
            let labels = labels("r1");
            done(
                &e,
                Call::CreateVolume(VolumeSpec { name: name.clone(), source: VolumeSource::Plain, labels }),
            )
            .await;
            let source = MountSource::Volume(name.clone());
            let mounts = vec![Mount { source, target: "/data".to_owned(), read_only: false }];
            let spec = ContainerSpec { mounts, ..container(name, run, "sleep 60") };
            done(&e, Call::CreateContainer(Box::new(spec))).await;
        }
        e.undo(&Undo::RemoveVolume { name: late.clone() }).await.unwrap();
        let refused = Undo::RemoveVolume { name: other.clone() };
        let refused = tokio::time::timeout(Duration::from_secs(3), e.undo(&refused)).await;
        assert!(refused.is_err(), "it waits for whoever uses it: {refused:?}");
        let there = e.inventory(&[]).await.unwrap();
        let containers: Vec<&str> = there.containers.iter().map(|listed| listed.name.as_str()).collect();
        assert!(
            !containers.contains(&late.as_str()) && containers.contains(&other.as_str()),
            "{containers:?}"
        );
        assert!(there.volumes.iter().all(|volume| volume.name != late));
    };
    tidy(test, undone(&engine, undos.as_flattened())).await;
}

#[tokio::test]
async fn images_are_known_by_reference_and_a_missing_one_is_not_there() {
    let engine = engine().await;
    let missing = "stage-test-no-such-image:0";
    let images = [HELPER_IMAGE.to_owned(), missing.to_owned()];
    let facts = engine.inventory(&images).await.unwrap().images;
    assert!(facts[HELPER_IMAGE].id.starts_with("sha256:"));
    assert!(!facts.contains_key(missing));
    done(&engine, Call::PullImage { reference: HELPER_IMAGE.to_owned() }).await;
    let error = engine.perform(&Call::PullImage { reference: missing.to_owned() }).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unreachable);
    assert!(!error.hints.is_empty());
}
