/** Scripts that teach shells to complete: each asks `vch-migrate __complete` for what may come next. */
export const COMPLETION_SCRIPTS = new Map([
  [
    'bash',
    `# vch-migrate completion for bash; in ~/.bashrc: source <(vch-migrate completion bash)
_vch_migrate() {
  local line=\${COMP_LINE:0:COMP_POINT} words candidate
  # Not -r: a blank that the line escapes belongs to its word.
  read -a words <<< "$line"
  [[ $line == *[[:space:]] ]] && words+=('')
  local current=\${words[\${#words[@]} - 1]} head=''
  # Readline takes : and = for the end of a word, and replaces only what follows.
  [[ $COMP_WORDBREAKS == *:* && $current == *:* ]] && head=\${current%"\${current##*:}"}
  [[ $COMP_WORDBREAKS == *=* && \${current#"$head"} == *=* ]] && head=\${current%"\${current##*=}"}
  COMPREPLY=()
  while IFS=$'\\t' read -r candidate _; do
    candidate=\${candidate#"$head"}
    case $candidate in
      *[/=:]) compopt -o nospace; COMPREPLY+=("$(printf %q "$candidate")") ;;
      *) COMPREPLY+=("$(printf %q "$candidate")") ;;
    esac
  done < <("\${words[0]}" __complete -- "\${words[@]:1}" 2>/dev/null)
}
complete -F _vch_migrate vch-migrate
`,
  ],
  [
    'zsh',
    `#compdef vch-migrate
# vch-migrate completion for zsh; in ~/.zshrc after compinit: source <(vch-migrate completion zsh)
_vch-migrate() {
  local line word about
  local -a whole shown open open_shown
  for line in "\${(@f)$("\${(Q)words[1]}" __complete -- "\${(@Q)words[2,CURRENT-1]}" "\${(Q)PREFIX}" 2>/dev/null)}"; do
    [[ -n $line ]] || continue
    word=\${line%%$'\\t'*} about=\${line#*$'\\t'}
    [[ -n $about ]] && about="$word  -- $about" || about=$word
    if [[ $word == *[/=:] ]]; then open+=("$word"); open_shown+=("$about")
    else whole+=("$word"); shown+=("$about"); fi
  done
  (( \${#whole} )) && compadd -l -d shown -a whole
  (( \${#open} )) && compadd -S '' -l -d open_shown -a open
}
if [[ $funcstack[1] == _vch-migrate ]]; then _vch-migrate "$@"; else compdef _vch-migrate vch-migrate; fi
`,
  ],
  [
    'fish',
    `# vch-migrate completion for fish; once: vch-migrate completion fish > ~/.config/fish/completions/vch-migrate.fish
function __vch_migrate_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    $words[1] __complete -- $words[2..-1] "$current" 2>/dev/null
end
complete -c vch-migrate -f -a '(__vch_migrate_complete)'
`,
  ],
]);
