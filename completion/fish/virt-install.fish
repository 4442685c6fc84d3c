# fish completion for virt-install, virt-clone and virt-xml; the commands themselves know what fits
function __virtinstall_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    $words[1] --complete fish $words[2..-1] "$current" 2>/dev/null | string replace -r ' \t' \t
end
for command in virt-install virt-clone virt-xml
    complete -c $command -f -a '(__virtinstall_complete)'
end
