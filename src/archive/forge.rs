//! Writes archives of any version and compression, for tests of the reader.

use std::io::Write;

use super::codec::Codec;

/// An archive to be: entries, and the rows of some.
pub(super) struct Forge {
    pub(super) version: (u8, u8),
    pub(super) codec: Codec,
    /// Bytes of a chunk.
    pub(super) chunk: usize,
    /// Whether offsets are filled in, as on a file that can be sought.
    pub(super) offsets: bool,
    /// Kind, section, tag, definition.
    pub(super) entries: Vec<(&'static str, i64, &'static str, &'static str)>,
    /// Table, COPY statement, rows.
    pub(super) tables: Vec<(String, String, Vec<u8>)>,
    /// Ids and bytes of large objects.
    pub(super) objects: Vec<(u32, Vec<u8>)>,
}

impl Default for Forge {
    fn default() -> Self {
        Self {
            version: (1, 14),
            codec: Codec::Gzip,
            chunk: 4096,
            offsets: true,
            entries: vec![
                ("ENCODING", 2, "ENCODING", "SET client_encoding = 'UTF8';\n"),
                ("SEARCHPATH", 2, "SEARCHPATH", "SELECT pg_catalog.set_config('search_path', '', false);\n"),
            ],
            tables: Vec::new(),
            objects: Vec::new(),
        }
    }
}

impl Forge {
    /// With one table `public.t (x)` that holds `rows`.
    pub(super) fn with_rows(mut self, rows: &[u8]) -> Self {
        self.tables.push(("t".into(), "COPY public.t (x) FROM stdin;\n".into(), rows.to_vec()));
        self
    }

    /// The archive's bytes.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut blocks: Vec<Vec<u8>> =
            self.tables.iter().enumerate().map(|(at, table)| self.block(at, &table.2)).collect();
        blocks.extend((!self.objects.is_empty()).then(|| self.block_of_objects()));
        let head = self.head(&vec![0; blocks.len()]).len() as u64;
        let mut offsets = Vec::new();
        let mut at = head;
        for block in &blocks {
            offsets.push(at);
            at += block.len() as u64;
        }
        [self.head(&offsets), blocks.concat()].concat()
    }

    fn head(&self, offsets: &[u64]) -> Vec<u8> {
        let mut out = b"PGDMP".to_vec();
        out.extend([self.version.0, self.version.1, 0, 4, 8, 1]);
        if self.version >= (1, 15) {
            out.push(match self.codec {
                Codec::Raw => 0,
                Codec::Gzip => 1,
                Codec::Lz4 => 2,
                Codec::Zstd => 3,
            });
        } else {
            int(&mut out, if self.codec == Codec::Raw { 0 } else { -1 });
        }
        for part in [5, 4, 3, 2, 10, 126, 0] {
            int(&mut out, part);
        }
        for text in ["shop", "15.18", "15.18"] {
            string(&mut out, Some(text));
        }
        int(&mut out, i64::try_from(self.entries.len() + offsets.len()).unwrap());
        for (at, (desc, section, tag, definition)) in self.entries.iter().enumerate() {
            let id = 1000 + i64::try_from(at).unwrap();
            self.entry(&mut out, id, (desc, *section, tag), definition, "", None);
        }
        for (at, (tag, copy, _)) in self.tables.iter().enumerate() {
            let id = i64::try_from(at).unwrap() + 1;
            self.entry(&mut out, id, ("TABLE DATA", 3, tag), "", copy, Some(offsets[at]));
        }
        if let Some(at) = offsets.get(self.tables.len()) {
            let id = i64::try_from(offsets.len()).unwrap();
            self.entry(&mut out, id, ("BLOBS", 3, "BLOBS"), "", "", Some(*at));
        }
        out
    }

    fn entry(
        &self,
        out: &mut Vec<u8>,
        id: i64,
        (desc, section, tag): (&str, i64, &str),
        definition: &str,
        copy: &str,
        offset: Option<u64>,
    ) {
        int(out, id);
        int(out, i64::from(offset.is_some()));
        for text in ["0", "0", tag, desc] {
            string(out, Some(text));
        }
        int(out, section);
        for text in [definition, "DROP IT;", copy] {
            string(out, Some(text));
        }
        string(out, Some("public"));
        string(out, None);
        if self.version >= (1, 14) {
            string(out, Some("heap"));
        }
        if self.version >= (1, 16) {
            int(out, 114);
        }
        for text in [Some("shop_app"), Some("false"), Some("1"), None] {
            string(out, text);
        }
        let (state, at) = match offset {
            Some(at) if self.offsets => (2, at),
            Some(_) => (1, 0),
            None => (3, 0),
        };
        out.push(state);
        out.extend(u64::to_le_bytes(at));
    }

    fn block(&self, at: usize, rows: &[u8]) -> Vec<u8> {
        let text = [rows, b"\\.\n\n\n"].concat();
        let mut out = vec![1];
        int(&mut out, i64::try_from(at).unwrap() + 1);
        self.chunks(&mut out, &text);
        out
    }

    fn block_of_objects(&self) -> Vec<u8> {
        let mut out = vec![3];
        int(&mut out, i64::try_from(self.tables.len()).unwrap() + 1);
        for (id, bytes) in &self.objects {
            int(&mut out, i64::from(*id));
            self.chunks(&mut out, bytes);
        }
        int(&mut out, 0);
        out
    }

    fn chunks(&self, out: &mut Vec<u8>, text: &[u8]) {
        for chunk in self.compress(text).chunks(self.chunk) {
            int(out, i64::try_from(chunk.len()).unwrap());
            out.extend(chunk);
        }
        int(out, 0);
    }

    fn compress(&self, text: &[u8]) -> Vec<u8> {
        match self.codec {
            Codec::Raw => text.to_vec(),
            Codec::Gzip => {
                let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
                encoder.write_all(text).unwrap();
                encoder.finish().unwrap()
            }
            Codec::Lz4 => {
                let mut encoder = lz4_flex::frame::FrameEncoder::new(Vec::new());
                encoder.write_all(text).unwrap();
                encoder.finish().unwrap()
            }
            Codec::Zstd => zstd::encode_all(text, 1).unwrap(),
        }
    }
}

fn int(out: &mut Vec<u8>, value: i64) {
    out.push(u8::from(value < 0));
    out.extend(u32::try_from(value.unsigned_abs()).unwrap().to_le_bytes());
}

fn string(out: &mut Vec<u8>, text: Option<&str>) {
    let Some(text) = text else { return int(out, -1) };
    int(out, i64::try_from(text.len()).unwrap());
    out.extend(text.as_bytes());
}
