// The WIT types of wasi:io, wasi:clocks, wasi:cli and wasi:filesystem 0.2 as descriptions of the
// C++ types that stand for them.

#pragma once

#include "reprise/values.hpp"
#include "wasi/p2/cli.hpp"
#include "wasi/p2/filesystem.hpp"
#include "wasi/p2/io.hpp"

namespace reprise::wasi::p2 {

struct StreamClosed {};
/// variant stream-error.
using StreamError = std::variant<Own<IoError>, StreamClosed>;

}  // namespace reprise::wasi::p2

REPRISE_RESOURCE(reprise::wasi::p2::IoError, "wasi:io/error.error")
REPRISE_RESOURCE(reprise::wasi::p2::Pollable, "wasi:io/poll.pollable")
REPRISE_RESOURCE(reprise::wasi::p2::InputStream, "wasi:io/streams.input-stream")
REPRISE_RESOURCE(reprise::wasi::p2::OutputStream, "wasi:io/streams.output-stream")
REPRISE_RESOURCE(reprise::wasi::p2::TerminalInput, "wasi:cli/terminal-input.terminal-input")
REPRISE_RESOURCE(reprise::wasi::p2::TerminalOutput, "wasi:cli/terminal-output.terminal-output")
REPRISE_RESOURCE(reprise::wasi::p2::Descriptor, "wasi:filesystem/types.descriptor")
REPRISE_RESOURCE(reprise::wasi::p2::DirectoryEntryStream,
                 "wasi:filesystem/types.directory-entry-stream")

REPRISE_VARIANT(reprise::wasi::p2::StreamError, last_operation_failed, closed)
REPRISE_RECORD(reprise::wasi::p2::Datetime, seconds, nanoseconds)
REPRISE_RECORD(reprise::wasi::p2::TimezoneDisplay, utc_offset, name, in_daylight_saving_time)
REPRISE_ENUM(reprise::os::FileType, unknown, block_device, character_device, directory, fifo,
             symbolic_link, regular_file, socket)
REPRISE_ENUM(reprise::os::Advice, normal, sequential, random, will_need, dont_need, no_reuse)
REPRISE_ENUM(reprise::wasi::p2::ErrorCode, access, would_block, already, bad_descriptor, busy,
             deadlock, quota, exist, file_too_large, illegal_byte_sequence, in_progress,
             interrupted, invalid, io, is_directory, loop, too_many_links, message_size,
             name_too_long, no_device, no_entry, no_lock, insufficient_memory, insufficient_space,
             not_directory, not_empty, not_recoverable, unsupported, no_tty, no_such_device,
             overflow, not_permitted, pipe, read_only, invalid_seek, text_file_busy, cross_device)
REPRISE_FLAGS(reprise::wasi::p2::DescriptorFlags, read, write, file_integrity_sync,
              data_integrity_sync, requested_write_sync, mutate_directory)
REPRISE_FLAGS(reprise::wasi::p2::PathFlags, symlink_follow)
REPRISE_FLAGS(reprise::wasi::p2::OpenFlags, create, directory, exclusive, truncate)
REPRISE_RECORD(reprise::wasi::p2::DescriptorStat, type, link_count, size, data_access_timestamp,
               data_modification_timestamp, status_change_timestamp)
REPRISE_VARIANT(reprise::wasi::p2::NewTimestamp, no_change, now, timestamp)
REPRISE_RECORD(reprise::wasi::p2::DirectoryEntry, type, name)
REPRISE_RECORD(reprise::wasi::p2::MetadataHash, lower, upper)
