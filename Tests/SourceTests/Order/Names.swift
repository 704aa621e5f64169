/// What the names in some files stand for, as far as order goes.
///
/// A name without a dot is looked for in the blocks around it, then among the members of the type around it. A name
/// behind a dot is looked for among the members of that type. Where the type is not known, it counts as a set or
/// dictionary if all members of that name are.
struct Names {
  let files: [SourceFile]
  private var locals: [[String: [Declaration]]] = []
  private var members: [String: [(file: Int, declaration: Declaration)]] = [:]
  /// By file, the places of the word `in` of loops.
  private(set) var loops: [Set<Int>] = []
  /// Keeps names that are declared by each other from going on for ever.
  private var depth = 0

  init(_ files: [SourceFile]) {
    self.files = files
    for (number, file) in files.enumerated() {
      let reader = DeclarationReader(file)
      loops.append(reader.loops)
      locals.append([:])
      for declaration in reader.found {
        if declaration.scope == nil {
          members[declaration.name, default: []].append((number, declaration))
        } else {
          locals[number][declaration.name, default: []].append(declaration)
        }
      }
    }
  }

  func shape(of name: String, at place: Int, in file: Int, isFunction: Bool) -> Shape {
    if name == "$0" { return shapeOfFirstArgument(at: place, in: file) }
    let local = locals[file][name, default: []].filter { declaration in
      declaration.isFunction == isFunction && declaration.scope?.contains(place) == true
    }
    let nearest = local.max { ($0.scope?.lowerBound ?? 0) < ($1.scope?.lowerBound ?? 0) }
    if let nearest { return shape(of: nearest, in: file) }
    let owner = files[file].owner(of: place)
    if name == "self" || name == "Self" { return .named(owner) }
    for owner in [owner, ""] where has(name, owner, isFunction) {
      return shape(ofMember: name, of: owner, isFunction: isFunction)
    }
    return name.first?.isUppercase == true ? .named(name) : .other
  }

  private func has(_ name: String, _ owner: String, _ isFunction: Bool) -> Bool {
    members[name, default: []].contains {
      $0.declaration.isFunction == isFunction && $0.declaration.owner == owner
    }
  }

  /// - Parameter owner: the type's name; nil if it is not known, empty for what belongs to none.
  func shape(ofMember name: String, of owner: String?, isFunction: Bool) -> Shape {
    let all = members[name, default: []].filter { $0.declaration.isFunction == isFunction }
    let own = all.filter { owner == nil || $0.declaration.owner == owner }
    let shapes = own.map { shape(of: $0.declaration, in: $0.file) }
    guard let first = shapes.first else { return .other }
    let isSure =
      owner != nil ? shapes.contains(where: \.isUnordered) : shapes.allSatisfy(\.isUnordered)
    if isSure { return shapes.first(where: \.isUnordered) ?? first }
    return owner != nil || shapes.allSatisfy { $0 == first } ? first : .other
  }

  private func shape(of declaration: Declaration, in file: Int) -> Shape {
    guard depth < 12 else { return .other }
    var deeper = self
    deeper.depth += 1
    switch declaration.origin {
    case .type(let place): return files[file].shape(ofTypeAt: place)
    case .value(let place): return ChainReader(deeper, file).expression(at: place)
    case .element(let place): return ChainReader(deeper, file).expression(at: place).element
    case .payload(let place):
      return deeper.shape(ofMember: files[file].text(place), of: nil, isFunction: true)
    case .locked(let place): return deeper.shapeOfLocked(at: place, in: file)
    case .unknown: return .other
    }
  }

  /// `$0` is known where it is what a `Mutex` holds.
  private func shapeOfFirstArgument(at place: Int, in file: Int) -> Shape {
    let source = files[file]
    let block = source.block(of: place)
    let word = source.text(block - 1) == "(" ? block - 2 : block - 1
    return source.text(word) == "withLock" ? shapeOfLocked(at: word, in: file) : .other
  }

  private func shapeOfLocked(at place: Int, in file: Int) -> Shape {
    let source = files[file]
    guard source.text(place - 1) == ".", source.tokens[place - 2].isWord else { return .other }
    return shape(of: source.text(place - 2), at: place - 2, in: file, isFunction: false)
  }
}
