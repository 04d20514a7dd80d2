//! What the migrations share.

use sea_orm_migration::prelude::*;

/// A foreign key to the `id` of another table. Nothing cascades: rows end by verbs, which tell the audit log.
pub(crate) fn references(table: &'static str, column: &'static str, to: &'static str) -> ForeignKeyCreateStatement {
    ForeignKey::create()
        .name(format!("fk_{table}_{column}"))
        .from(table, column)
        .to(to, "id")
        .on_delete(ForeignKeyAction::Restrict)
        .take()
}

/// An index; its name tells its columns.
pub(crate) fn index(table: &'static str, columns: &[&'static str]) -> IndexCreateStatement {
    let mut index = Index::create().name(format!("{table}_by_{}", columns.join("_"))).table(table).take();
    for &column in columns {
        index.col(column);
    }
    index
}

/// A unique index.
pub(crate) fn unique(table: &'static str, columns: &[&'static str]) -> IndexCreateStatement {
    index(table, columns).unique().take()
}

/// A partial index, or another statement in SQL as it is.
pub(crate) async fn partial(manager: &SchemaManager<'_>, sql: &'static str) -> Result<(), DbErr> {
    manager.get_connection().execute_unprepared(sql).await.map(drop)
}

/// Puts `definition`, whose table is called `<table>_anew`, in the place of `table`, with what its `columns` hold: SQLite
/// drops no foreign key. The indexes go with the old table.
pub(crate) async fn make_anew(
    manager: &SchemaManager<'_>,
    table: &'static str,
    definition: TableCreateStatement,
    columns: &'static str,
) -> Result<(), DbErr> {
    let anew = format!("{table}_anew");
    manager.create_table(definition).await?;
    let copy = format!("INSERT INTO {anew} ({columns}) SELECT {columns} FROM {table}");
    manager.get_connection().execute_unprepared(&copy).await?;
    manager.drop_table(Table::drop().table(table).take()).await?;
    manager.rename_table(Table::rename().table(anew, table).take()).await
}
