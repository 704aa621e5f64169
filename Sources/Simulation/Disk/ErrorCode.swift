internal import Glibc

/// The number with which a simulated call fails: that of the real call.
struct ErrorCode: Error, Equatable {
  let number: Int32

  static let alreadyThere = ErrorCode(number: EEXIST)
  static let busy = ErrorCode(number: EBUSY)
  static let badDescriptor = ErrorCode(number: EBADF)
  static let inputOutput = ErrorCode(number: EIO)
  static let invalid = ErrorCode(number: EINVAL)
  static let isDirectory = ErrorCode(number: EISDIR)
  static let nameTooLong = ErrorCode(number: ENAMETOOLONG)
  static let noSpace = ErrorCode(number: ENOSPC)
  static let notDirectory = ErrorCode(number: ENOTDIR)
  static let notEmpty = ErrorCode(number: ENOTEMPTY)
  static let notFound = ErrorCode(number: ENOENT)
  static let readOnly = ErrorCode(number: EROFS)
}
