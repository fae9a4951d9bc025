//! Planted in `model/planted.rs`: a path in the text of an attribute.
//! Fails as: `model` may not import `render::json`

#[derive(serde::Serialize)]
struct Planted {
    #[serde(serialize_with = "crate::render::json")]
    it: u8,
}
