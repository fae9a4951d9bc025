//! One file out of a container, running or not.

use std::io::Read;

use bollard::Docker;
use bollard::query_parameters::DownloadFromContainerOptionsBuilder;
use futures_util::TryStreamExt;

use super::errors::{could_not, is_absent, says};
use crate::model::error::{Error, ErrorKind, Result};

/// Reports are small; anything larger is a mistake in the path.
const LIMIT_BYTES: usize = 64 * 1024 * 1024;

/// The content of a file; `None` if it is not there.
pub(super) async fn file(docker: &Docker, container: &str, path: &str) -> Result<Option<Vec<u8>>> {
    let action = format!("read {path} from container {container}");
    let options = DownloadFromContainerOptionsBuilder::new().path(path).build();
    let mut chunks = std::pin::pin!(docker.download_from_container(container, Some(options)));
    let mut archive = Vec::new();
    loop {
        match chunks.try_next().await {
            Ok(Some(chunk)) if archive.len() + chunk.len() <= LIMIT_BYTES => {
                archive.extend_from_slice(&chunk);
            }
            Ok(Some(_)) => {
                let message = format!("could not {action}: it is larger than 64 MiB");
                return Err(Error::new(ErrorKind::NoRoom, message));
            }
            Ok(None) => break,
            Err(refusal) if is_absent(&refusal) && !says(&refusal, "No such container") => return Ok(None),
            Err(refusal) => return Err(could_not(&action)(refusal)),
        }
    }
    first_file(&archive).map_err(|cause| {
        Error::new(ErrorKind::Unreachable, format!("could not {action}: the archive is malformed"))
            .because(cause)
    })
}

/// The engine wraps even a single file in a tar archive.
fn first_file(archive: &[u8]) -> std::io::Result<Option<Vec<u8>>> {
    for entry in tar::Archive::new(archive).entries()? {
        let mut entry = entry?;
        if entry.header().entry_type().is_file() {
            let mut content = Vec::new();
            entry.read_to_end(&mut content)?;
            return Ok(Some(content));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_content_of_the_one_file_comes_out_of_the_archive() {
        let mut builder = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_gnu();
        header.set_size(5);
        header.set_cksum();
        builder.append_data(&mut header, "junit.xml", &b"<xml>"[..]).unwrap();
        let archive = builder.into_inner().unwrap();
        assert_eq!(first_file(&archive).unwrap().unwrap(), b"<xml>");
    }

    #[test]
    fn a_directory_is_no_file() {
        let mut builder = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(tar::EntryType::Directory);
        header.set_size(0);
        header.set_cksum();
        builder.append_data(&mut header, "reports/", &b""[..]).unwrap();
        assert_eq!(first_file(&builder.into_inner().unwrap()).unwrap(), None);
    }
}
