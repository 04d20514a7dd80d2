//! What staff see.
