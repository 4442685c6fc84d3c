# fish completion for virt-install, virt-clone, virt-xml and virt-guest; the commands print the candidates
function __virtinstall_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    $words[1] --complete fish $words[2..-1] "$current" 2>/dev/null | string replace -r ' \t' \t
end
for command in virt-install virt-clone virt-xml virt-guest
    complete -c $command -f -a '(__virtinstall_complete)'
end
