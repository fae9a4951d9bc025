//! What one record means to the ledger.

use super::heap::Written;
use super::layout::Layout;
use super::ledger::{Ledger, RowRecord};
use super::record::{Body, Manager, RecordHeader};
use super::storage::{self, Stored};
use super::transaction::Ending;
use crate::model::lsn::Lsn;

/// Enters a record that ends at `end` in the ledger; `None`, and nothing entered, if it does not fit the layout.
pub(super) fn note(
    ledger: &mut Ledger,
    header: &RecordHeader,
    record: &[u8],
    layout: Layout,
    end: Lsn,
) -> Option<()> {
    let body = Body::read(record, layout)?;
    match header.manager {
        Manager::Transaction => match Ending::read(header.xid, header.kind, body.main, layout)? {
            Ending::Committed { xids, dropped, at_us } => {
                ledger.release(&xids, at_us);
                ledger.commit(&xids, dropped, end);
            }
            Ending::Aborted { xids, at_us } => {
                ledger.release(&xids, at_us);
                ledger.abort(&xids);
            }
            Ending::Nothing => {}
        },
        Manager::Storage => match Stored::read(header.kind, body.main)? {
            Stored::Made(file) => ledger.make(header.xid, file),
            Stored::Emptied(file) => ledger.empty(file),
            Stored::Nothing => {}
        },
        Manager::Standby => {
            for lock in storage::exclusive_locks(header.kind, body.main)? {
                ledger.lock(lock);
            }
        }
        Manager::Heap | Manager::Heap2 => match Written::read(header.manager, header.kind, body.main)? {
            Written::Nothing => {}
            written => {
                let (place, main, block) = (body.place?, body.main, body.block);
                ledger.write(&RowRecord { xid: header.xid, place, written, main, block, end });
            }
        },
        Manager::Sequence => ledger.sequence(body.place?.file),
        Manager::Log | Manager::Other => {}
    }
    Some(())
}
