# fish completion for virt-xml: the same as for virt-install
source (path dirname (status filename))/virt-install.fish
