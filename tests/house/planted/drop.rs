//! Planted in `world/planted.rs`: async work in Drop.
//! Fails as: waits in `Drop` by `spawn`

impl Drop for Planted {
    fn drop(&mut self) {
        tokio::spawn(self.undo());
    }
}
