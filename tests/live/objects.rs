//! Large objects of a backup: refused without a rule, emptied or kept with one, and counted and judged where a migration touches them.

use super::bad_input::copy;
use super::stage::{Stage, repository};

/// Fails unless the large objects of the documents have so many bytes in all, and their digest is that.
const LOOK: &str = "DO $$ BEGIN
    IF (SELECT (sum(length(lo_get(content))), md5(string_agg(lo_get(content), '' ORDER BY id)))::text FROM documents) <> 'EXPECTED'
    THEN RAISE EXCEPTION 'other bytes'; END IF;
END $$;";
/// 01 02 03, then 00 ff 5c 27 five thousand times.
const KEPT: &str = "(20003,dda67dc195d0bce8ef16f6bc370e15e1)";
const EMPTY: &str = "(0,d41d8cd98f00b204e9800998ecf8427e)";

/// Makes one, changes one and removes one.
const TOUCH: &str = "UPDATE documents SET content = lo_from_bytea(0, '\\x09') WHERE id = 1;
SELECT lo_put(content, 10000, '\\x0909') FROM documents WHERE id = 2;
SELECT lo_unlink(4711);";

const STAGE: &str = "name: documents
databases:
  db: {backup: large.dump, masks: masks.yaml}
migrations:
  - {database: db, sql: migrations}
";

/// An environment whose backup has large objects.
fn documents(rule: &str, migration: &str) -> (tempfile::TempDir, Stage) {
    let environments = tempfile::tempdir().unwrap();
    let folder = environments.path().join("documents");
    copy(&repository("tests/environments/brief"), &folder);
    std::fs::remove_dir_all(folder.join("migrations")).unwrap();
    std::fs::create_dir(folder.join("migrations")).unwrap();
    std::fs::write(folder.join("migrations/001-look.sql"), migration).unwrap();
    std::fs::write(folder.join("stage.yaml"), STAGE).unwrap();
    std::fs::write(
        folder.join("masks.yaml"),
        format!("tables: {{documents: {{keep: [id, content]}}}}\n{rule}"),
    )
    .unwrap();
    std::fs::copy(repository("tests/fixtures/archives/large.dump"), folder.join("large.dump")).unwrap();
    let stage = Stage::with(environments.path().to_owned());
    (environments, stage)
}

#[test]
fn large_objects_go_only_where_the_masks_say_so() {
    {
        let (_environments, stage) = documents("", "SELECT 1;");
        let refused = stage.run(&["check", "documents"]).exits(3).stderr;
        assert!(refused.contains("the backup holds 3 large objects, and no rule says"), "{refused}");
        assert!(refused.contains("`large_objects: empty` in the masks"), "{refused}");
    }
    {
        let (_environments, stage) = documents("large_objects: empty\n", &LOOK.replace("EXPECTED", EMPTY));
        stage.run(&["check", "documents"]).exits(0);
    }
    let rule = "large_objects: {keep: true, because: pictures of the catalogue}\n";
    let (_environments, stage) = documents(rule, &format!("{}\n{TOUCH}", LOOK.replace("EXPECTED", KEPT)));
    let ran = stage.run(&["check", "documents"]).exits(1);
    let finding = "✘ objects_lost: 1 of 3 large objects are gone (33.3 %), the limit is 10 %";
    assert!(ran.stdout.contains(finding), "{}", ran.stdout);
    assert!(ran.stdout.contains("  large objects: 1 made, 1 changed, 1 deleted\n"), "{}", ran.stdout);
    let told = ran.stderr;
    let note = "large objects of db are kept as in production: pictures of the catalogue";
    assert!(told.contains(note), "{told}");
}
