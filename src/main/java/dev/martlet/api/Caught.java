package dev.martlet.api;

import java.util.List;

/// Changes in a row.
///
/// @param place the place where they end, perhaps beyond the last of them
record Caught(List<Told> told, String place) {}
