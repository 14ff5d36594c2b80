/// What a person pressed, or pasted.
enum Key: Hashable, Sendable {
  case text(String)
  /// Everything between the marks of a bracketed paste.
  case paste(String)
  /// Ctrl with a letter, in lower case.
  case control(Character)
  /// Alt, or Escape before it, with a character.
  case alt(Character)
  case enter
  /// Alt-Enter: a new line in the same message.
  case newLine
  case tab
  case backspace
  case delete
  case left
  case right
  case up
  case down
  case home
  case end
  case wordLeft
  case wordRight
  case deleteWordLeft
  case escape
}
