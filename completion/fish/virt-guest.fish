# fish completion for virt-guest: the same as for virt-install
source (path dirname (status filename))/virt-install.fish
