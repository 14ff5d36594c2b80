#pragma once
#include <stddef.h>

/// A file of Sources/WeirServer/Web/Assets, as it was when this was compiled.
struct weir_web_asset {
  /// Its path below that folder, "app/main.js" for example.
  const char *_Nonnull name;
  const unsigned char *_Nonnull bytes;
  size_t count;
};

/// The files in the order of their list; null behind the last.
const struct weir_web_asset *_Nullable weir_web_asset_at(size_t index);
