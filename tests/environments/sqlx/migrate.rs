//! An app of the live tests, that migrates its database by sqlx: `/app/migrations` to what `DATABASE_URL` names.

use std::error::Error;
use std::path::Path;

use sqlx::migrate::Migrator;
use sqlx::{Connection, PgConnection};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut database = PgConnection::connect(&std::env::var("DATABASE_URL")?).await?;
    Migrator::new(Path::new("/app/migrations")).await?.run(&mut database).await?;
    Ok(database.close().await?)
}
