//! Wire lines from rows, without a query per line.
